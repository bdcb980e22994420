/**
 * Client certificates for mutual TLS, as PEM. Comes in: a certificate with its chain and a private key. Goes out: whom
 * it names and when it ends, or what is wrong with it, before a receiver's handshake says so with one word.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** The most certificates of one chain. */
const MAX_CHAIN = 10;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;

/** A client certificate, with the chain behind it, and its key; PEM. */
export interface MutualTlsCredential {
  certificate: string;
  privateKey: string;
}

/** A certificate that can be used. */
export interface ClientCertificate {
  /** As `CN=client, O=Example`. */
  subject: string;
  /** When the first certificate of the chain ends. */
  expiresAt: Date;
}

/** What is wrong, and with which of the two. */
export interface CertificateProblem {
  part: keyof MutualTlsCredential;
  message: string;
}

/** Reads a certificate with its key; whether it has ended is the caller's to judge. */
export function readClientCertificate({
  certificate,
  privateKey,
}: MutualTlsCredential): { ok: true; value: ClientCertificate } | { ok: false; problem: CertificateProblem } {
  const refuse = (part: CertificateProblem['part'], message: string) =>
    ({ ok: false, problem: { part, message } }) as const;
  const chain = readChain(certificate);
  if (typeof chain === 'string') return refuse('certificate', chain);
  const key = readKey(privateKey);
  if (typeof key === 'string') return refuse('privateKey', key);
  const [leaf] = chain as [X509Certificate];
  if (!leaf.checkPrivateKey(key))
    return chain.some((one) => one.checkPrivateKey(key))
      ? refuse('certificate', 'The certificate of the key must come first, those that signed it behind it.')
      : refuse('privateKey', 'The private key is not that of the certificate.');
  try {
    createSecureContext({ cert: certificate, key: privateKey });
  } catch {
    return refuse('certificate', 'TLS does not take this certificate and key, such as one of a weak key.');
  }
  const ends = chain.map(({ validTo }) => Date.parse(validTo));
  return {
    ok: true,
    value: { subject: leaf.subject.replaceAll('\n', ', '), expiresAt: new Date(Math.min(...ends)) },
  };
}

function readChain(pem: string): X509Certificate[] | string {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0)
    return 'The certificate must be PEM text: -----BEGIN CERTIFICATE----- and what follows it.';
  if (PRIVATE_KEY.test(pem))
    return 'The certificate holds a private key, too; that belongs into its own field.';
  if (blocks.length > MAX_CHAIN) return `A chain may have at most ${MAX_CHAIN} certificates.`;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return 'The certificate cannot be read; it may have been cut, or is no X.509 certificate.';
  }
}

function readKey(pem: string): KeyObject | string {
  if (ENCRYPTED.test(pem))
    return 'The private key is encrypted with a passphrase: give it without (openssl pkey -in key.pem).';
  if (!PRIVATE_KEY.test(pem))
    return 'The private key must be PEM text: -----BEGIN PRIVATE KEY----- and what follows it.';
  try {
    return createPrivateKey(pem);
  } catch {
    return 'The private key cannot be read; it may have been cut.';
  }
}
