/**
 * What an attempt sends. Comes in: a claimed job. Goes out: headers and body, and the same headers as they are kept, as JSON. The body
 * is the same bytes on every attempt, in the format that the delivery was born with; timestamp and signature are fresh, the
 * webhook-id is the delivery's. What all requests to an endpoint have in common is made once for the jobs of a claim: made for each
 * it was a tenth of the CPU of a sender.
 */
import { contentOf } from '../events/content.ts';
import type { Job } from '../queue/job.ts';
import { type Keyring, SecretUnavailableError } from '../secrets/keyring.ts';
import { type AuthenticationType, type Credential, openCredential } from '../webhooks/authentication.ts';
import type { StoredHeader } from '../webhooks/headers.ts';
import { openEndpointSecrets } from '../webhooks/open-secrets.ts';
import { type Authentication, authenticationOf } from './authenticate.ts';
import { keepHeader, keepHeaders, keepPlain } from './record.ts';
import { sign, type Signer, signerOf } from './signature.ts';
import { headerList } from './transport.ts';

/** A request but for its address. */
export interface Outgoing {
  /** Names, each once and in lower case, and values in turns. */
  headers: string[];
  /** The headers as they are kept: JSON texts, with commas between them. */
  kept: string;
  /** What must not be kept of an answer that echoes it. */
  secrets: readonly string[];
  credential: Credential | null;
  body: Buffer;
}

/** An endpoint's part of a request, opened. */
interface Opened {
  custom: StoredHeader[];
  headers: Record<string, string>;
  signers: Signer[];
  credential: Credential | null;
  authentication: Authentication;
  secrets: string[];
  /** By the names of the headers that are the server's to say. */
  common: Map<string, Common>;
}

/** What is the same in all requests with the same headers of the server's own. */
interface Common {
  /** Names in lower case, and values in turns. */
  headers: string[];
  keptAgent: string;
  keptOthers: string;
}

/** Opened once for all jobs that share the object that holds their secrets, and forgotten with them. */
const openedFor = new WeakMap<Job['secrets'], Opened>();

/** Throws SecretUnavailableError where it cannot be signed, or authenticated, with the keys that are there. */
export function outgoing(
  job: Job,
  startedAt: Date,
  { keyring, userAgent }: { keyring: Keyring; userAgent: string },
): Outgoing {
  if (job.payload === null) throw new Error(`the payload of ${job.eventId} is gone`);
  const opened = open(job, keyring);
  const test = job.origin === 'TEST';
  const content = contentOf(job.format, {
    eventId: job.eventId,
    resource: job.resource,
    event: job.event,
    entityId: job.entityId,
    occurredAt: job.occurredAt,
    webhookNumber: job.webhookNumber,
    test,
    payload: job.payload,
  });
  const body = Buffer.from(content.body);
  const timestamp = Math.floor(startedAt.getTime() / 1000);
  const names = Object.keys(content.headers);
  const key = `${job.signed} ${test} ${names.join()}`;
  let common = opened.common.get(key);
  if (!common)
    opened.common.set(key, (common = commonOf(opened, ownNames(names, job.signed, test), userAgent)));
  const headers = common.headers.slice();
  let kept = '';
  for (const name of names) {
    const value = content.headers[name]!;
    headers.push(name, value);
    kept += `${keepHeader(name, value, false)},`;
  }
  const add = (name: string, value: string): void => {
    headers.push(name, value);
    kept += `${keepPlain(name, value)},`;
  };
  add('webhook-id', job.id);
  add('webhook-timestamp', String(timestamp));
  if (job.signed) add('webhook-signature', sign(opened.signers, job.id, timestamp, body));
  add('webhook-attempt', String(job.attempt));
  if (test) add('webhook-test', 'true');
  return {
    headers,
    kept: `${kept}${common.keptAgent}${keepPlain('content-length', String(body.length))}${common.keptOthers}`,
    secrets: opened.secrets,
    credential: opened.credential,
    body,
  };
}

function open(job: Job, keyring: Keyring): Opened {
  const known = openedFor.get(job.secrets);
  if (known) return known;
  const { headers, signingKeys } = openEndpointSecrets(keyring, {
    endpointId: job.endpointId,
    headers: job.headers,
    secrets: job.secrets,
  });
  // Unsigned goes only what shall be: an endpoint that lost its secrets is a fault to be seen.
  if (job.signed && signingKeys.length === 0)
    throw new SecretUnavailableError(`The endpoint ${job.endpointId} has no secret to sign with.`);
  const credential = openCredential(keyring, job.endpointId, {
    authType: job.authType as AuthenticationType,
    authSealed: job.authSealed,
  });
  const authentication = authenticationOf(credential);
  const custom = job.headers as StoredHeader[];
  const secretValues = custom.filter((header) => header.secret).map((header) => headers[header.name]!);
  const secrets = [...secretValues, ...signingKeys, ...authentication.secrets];
  const signers = signingKeys.map(signerOf);
  const opened = { custom, headers, signers, credential, authentication, secrets, common: new Map() };
  openedFor.set(job.secrets, opened);
  return opened;
}

/** The names of what is the server's to say. */
function ownNames(ofContent: string[], signed: boolean, test: boolean): string[] {
  return [
    ...ofContent,
    ...['webhook-id', 'webhook-timestamp', 'webhook-attempt'],
    ...(signed ? ['webhook-signature'] : []),
    ...(test ? ['webhook-test'] : []),
  ];
}

function commonOf(opened: Opened, own: string[], userAgent: string): Common {
  const { authentication } = opened;
  const taken = new Set(own);
  // One that was saved before its name was the server's alone does not go beside the server's own.
  const custom = opened.custom.filter(({ name }) => !taken.has(name.toLowerCase()));
  // An endpoint may bring a user agent of its own; everything else here is the server's to say.
  const agent: Record<string, string> = [...custom, ...authentication.kept].some(
    (header) => header.name.toLowerCase() === 'user-agent',
  )
    ? {}
    : { 'user-agent': userAgent };
  const others = [
    ...custom.map(({ name, value, secret }) => ({ name, value: secret ? null : value, secret })),
    ...authentication.kept,
  ];
  const carried = [
    ...Object.entries(agent),
    ...custom.map(({ name }) => [name, opened.headers[name]!] as const),
    ...Object.entries(authentication.headers),
  ];
  return {
    headers: headerList(Object.fromEntries(carried)),
    keptAgent: Object.entries(agent)
      .map(([name, value]) => `${keepHeader(name, value, false)},`)
      .join(''),
    keptOthers: others.length === 0 ? '' : `,${keepHeaders(others)}`,
  };
}
