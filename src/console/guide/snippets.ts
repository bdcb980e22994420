/** How a receiver checks a signature: with a library of Standard Webhooks, and by hand. */

export const NODE = `import { Webhook } from 'standardwebhooks';

// rawBody: the body as it came, as text, before anything parses it.
const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const event = webhook.verify(rawBody, request.headers); // throws when it is not genuine`;

export const PYTHON = `from standardwebhooks.webhooks import Webhook

# raw_body: the body as it came, before anything parses it.
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
event = webhook.verify(raw_body, headers)  # raises when it is not genuine`;

export const BY_HAND = `import { createHmac, timingSafeEqual } from 'node:crypto';

function isGenuine(rawBody, headers, secret) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  // Older or newer than five minutes: somebody may be playing back an old request.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(\`\${id}.\${timestamp}.\${rawBody}\`).digest();
  return headers['webhook-signature'].split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    const given = Buffer.from(value, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}`;

export const PUBLIC_KEY = `import { createPublicKey, verify } from 'node:crypto';

function isGenuine(rawBody, headers, publicKey) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  // Older or newer than five minutes: somebody may be playing back an old request.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const x = Buffer.from(publicKey.replace(/^whpk_/, ''), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signed = Buffer.from(\`\${id}.\${timestamp}.\${rawBody}\`);
  return headers['webhook-signature'].split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    return version === 'v1a' && verify(null, signed, key, Buffer.from(value, 'base64'));
  });
}`;
