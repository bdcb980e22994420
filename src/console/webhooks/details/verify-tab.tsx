/** How a receiver checks that a request comes from here, by the scheme of each endpoint. Loaded when it is first looked at. */
import { Alert, Code, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useState } from 'react';

import type { SigningScheme } from '../../gql/graphql.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Section } from '../../ui/section.tsx';
import { SIGNING_WORDS } from '../editor/signing-field.tsx';
import classes from './details.module.css';
import { ED25519_BY_HAND, ED25519_SNIPPETS } from './snippets-ed25519.ts';
import { HMAC_SNIPPETS } from './snippets-hmac.ts';
import type { DetailedEndpoint } from './use-webhook.ts';
import { VerifyExamples } from './verify-examples.tsx';

type Signed = Exclude<SigningScheme, 'NONE'>;

const SIGNATURE: Record<Signed, string> = {
  STANDARD_WEBHOOKS_HMAC: '“v1,” and the HMAC-SHA256 over id, timestamp and body, in base64.',
  STANDARD_WEBHOOKS_ED25519: '“v1a,” and the Ed25519 signature over id, timestamp and body, in base64.',
};

/** endpoints are those that are URLs: a mail has no signature. */
export function VerifyTab({ endpoints }: { endpoints: readonly DetailedEndpoint[] }) {
  const schemes = (Object.keys(SIGNATURE) as Signed[]).filter((scheme) =>
    endpoints.some(({ advanced }) => advanced.signing === scheme),
  );
  const [chosen, setChosen] = useState<Signed | null>(null);
  const scheme = schemes.find((one) => one === chosen) ?? schemes[0];
  return (
    <Stack gap="md">
      <Section title="What a receiver checks">
        {scheme !== undefined && (
          <>
            <Text size="sm" maw={720}>
              Requests are signed as the Standard Webhooks specification says. Three headers carry it:
            </Text>
            <Facts
              rows={[
                [
                  'webhook-id',
                  'The id of the delivery: the same at every try, so that a receiver takes it once.',
                ],
                ['webhook-timestamp', 'When this try was signed, in seconds since 1970.'],
                [
                  'webhook-signature',
                  <Stack key="signature" gap={2}>
                    {schemes.map((one) => (
                      <span key={one}>{SIGNATURE[one]}</span>
                    ))}
                    <span>During a rotation there are several, with a space between.</span>
                  </Stack>,
                ],
              ]}
            />
          </>
        )}
        <ul className={classes['list']} aria-label="What each endpoint signs with">
          {endpoints.map((endpoint) => (
            <li key={endpoint.id} className={classes['verified']}>
              <SignsWith endpoint={endpoint} />
            </li>
          ))}
        </ul>
      </Section>
      {scheme !== undefined && (
        <Section title="Verify signatures">
          {schemes.length > 1 && (
            <SegmentedControl
              aria-label="How the endpoint signs"
              data={schemes.map((value) => ({ value, label: SIGNING_WORDS[value].label }))}
              value={scheme}
              onChange={setChosen}
              w="fit-content"
              maw="100%"
            />
          )}
          {scheme === 'STANDARD_WEBHOOKS_HMAC' ? (
            <VerifyExamples key={scheme} snippets={HMAC_SNIPPETS} />
          ) : (
            <>
              <VerifyExamples key={scheme} snippets={ED25519_SNIPPETS} />
              <Text size="sm" maw={720}>
                The libraries of Standard Webhooks verify shared secrets alone, so these examples use what
                each language has for Ed25519. In any other language, Ruby, PHP and Java among them:
              </Text>
              <CodeBlock text={ED25519_BY_HAND} label="the steps in any other language" />
            </>
          )}
        </Section>
      )}
    </Stack>
  );
}

function SignsWith({ endpoint: { target, advanced, secrets } }: { endpoint: DetailedEndpoint }) {
  if (advanced.signing === 'NONE')
    return (
      <Alert
        color="yellow"
        p="sm"
        icon={<IconAlertTriangle aria-hidden />}
        title="This endpoint does not sign"
        className={classes['wrap']}
      >
        Requests to {target} carry no signature: a receiver cannot tell them from forged ones by it.
      </Alert>
    );
  return (
    <Stack gap={2}>
      <Text size="sm" fw={600} className={classes['wrap']}>
        {target}
      </Text>
      {secrets.map(({ id, hint, publicKey }) => (
        <Text size="sm" key={id} className={classes['wrap']}>
          {publicKey == null ? 'Signing secret' : 'Public key'}{' '}
          <Code className={classes['wrap']}>{publicKey ?? `whsec_…${hint}`}</Code>
        </Text>
      ))}
    </Stack>
  );
}
