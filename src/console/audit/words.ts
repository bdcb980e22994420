/** The audit log in words: what was done, which field, which value. */
import type {
  AuthenticationType,
  DeliveryOrdering,
  EndpointKind,
  EndpointStatus,
  MailboxStatus,
  PayloadFormat,
  ReplayStatus,
  SigningScheme,
} from '../gql/graphql.ts';
import { FAILURES } from '../guide/failures.ts';
import { permissionLabel } from '../people/permissions.tsx';
import { REPLAY_WORDS } from '../replays/words.ts';
import { ENDPOINT_STATUS } from '../ui/delivery-status.tsx';
import { formatDuration } from '../ui/time.tsx';
import { AUTHENTICATION_WORDS } from '../webhooks/editor/authentication-values.ts';
import { ORDERING_WORDS } from '../webhooks/editor/ordering-field.tsx';
import { formatWait } from '../webhooks/editor/retry-schedule.ts';
import { SIGNING_WORDS } from '../webhooks/editor/signing-field.tsx';
import { KIND_WORDS } from '../webhooks/endpoint-place.ts';
import { FORMAT_WORDS } from '../webhooks/format-words.ts';

/** A change of one field, as the API tells it. */
export type Change = { from?: unknown; to?: unknown; changed?: true };

const ACTIONS: Record<string, string> = {
  'webhook.create': 'Created the webhook',
  'webhook.update': 'Changed the webhook',
  'webhook.enable': 'Enabled the webhook',
  'webhook.disable': 'Disabled the webhook',
  'webhook.delete': 'Deleted the webhook',
  'webhook.endpointEnable': 'Enabled an endpoint of the webhook',
  'webhook.endpointDisable': 'Disabled an endpoint of the webhook',
  'webhook.endpointAutoDisable': 'Switched off an endpoint of the webhook after failures',
  'webhook.endpointVerificationSend': 'Asked for confirmation mails of an endpoint of the webhook',
  'webhook.mailboxConfirm': 'A mailbox confirmed the mails of the webhook',
  'webhook.mailboxUnsubscribe': 'A mailbox ended the mails of the webhook',
  'webhook.mailboxRefuse': 'A mail server refused a mailbox of the webhook',
  'webhook.endpointRevealSecret': 'Looked at the signing secret of an endpoint of the webhook',
  'webhook.endpointRotateSecret': 'Rotated the signing secret of an endpoint of the webhook',
  'login.create': 'Created the login',
  'login.update': 'Changed the login',
  'login.webhooksLinkCreate': 'Made the Create Webhooks link of the login',
  'login.webhooksLinkRotate': 'Made the Create Webhooks link of the login anew',
  'login.webhooksLinkRevoke': 'Revoked the Create Webhooks link of the login',
  'team.create': 'Created the team',
  'team.update': 'Changed the team',
  'team.delete': 'Deleted the team',
  'accessToken.create': 'Made the access token',
  'accessToken.revoke': 'Revoked the access token',
  'replay.start': 'Started the replay',
  'replay.pause': 'Paused the replay',
  'replay.resume': 'Resumed the replay',
  'replay.cancel': 'Cancelled the replay',
  'resource.register': 'Registered the resource',
  'resource.remove': 'Removed the resource',
};

/** "Changed the webhook"; an action that this page does not know yet stands as it is. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? action;
}

const FIELDS: Record<string, string> = {
  name: 'Name',
  description: 'Description',
  forLoginId: 'For Login',
  teamId: 'Team',
  enabled: 'Sends',
  endpoints: 'Endpoints',
  triggers: 'Triggers',
  email: 'E-mail',
  webhooksLink: 'Create Webhooks link',
  parentId: 'Below',
  isAccount: 'Is an account',
  permissions: 'Permissions',
  disabled: 'Disabled',
  memberIds: 'Members',
  loginId: 'Login',
  expiresAt: 'Ends',
  label: 'Label',
  model: 'Model',
  allowed: 'Webhooks may listen',
  filter: 'What is sent again',
  missingFor: 'Missing deliveries made for',
  matched: 'Deliveries',
  ratePerSecond: 'Deliveries a second',
  status: 'Status',
};

const PARTS: Record<string, string> = {
  kind: 'kind',
  target: 'address',
  confirmationMails: 'confirmation mails',
  timeoutMs: 'time limit',
  retrySchedule: 'retry schedule',
  ratePerSecond: 'requests per second',
  maxConcurrency: 'requests at once',
  ordering: 'order',
  status: 'status',
  failure: 'last failure',
  signing: 'signing',
  format: 'format',
  signingSecret: 'signing secret',
  revealedSecret: 'signing secret shown',
  graceSeconds: 'grace period',
  resource: 'resource',
  event: 'event',
  name: 'name',
  description: 'description',
};

/** Of the authentication its type stands for the whole. */
const AUTHENTICATION_PARTS: Record<string, string> = {
  type: 'authentication',
  hint: 'what is shown of the credential',
  credential: 'credential',
};

/** "Endpoint address" for endpoints.ep_….target; mark tells apart where the entry speaks of several. */
export function fieldWords(path: string, mark: boolean): string {
  const [list = '', id = '', ...rest] = path.split('.');
  const mailbox = mailboxOf(path);
  if (rest.length === 0 && list === 'events') return `Event ${path.slice('events.'.length)}`;
  if (list === 'events') return `Event ${[id, ...rest].join('.')}`;
  if (rest.length === 0) return FIELDS[path] ?? path;
  const which = `${list === 'endpoints' ? 'Endpoint' : 'Trigger'}${mark ? ` …${id.slice(-4)}` : ''}`;
  if (mailbox !== null) return `${which}, mailbox ${mailbox}`;
  if (rest[0] === 'headers') return `${which}, header ${rest.slice(1).join('.')}`;
  if (rest[0] === 'authentication')
    return `${which}, ${AUTHENTICATION_PARTS[rest[1] ?? ''] ?? rest.join('.')}`;
  return `${which}, ${PARTS[rest[0]!] ?? rest.join('.')}`;
}

/** The part that a path such as endpoints.ep_….target lies in: endpoints.ep_…; null for plain fields. */
export function partOf(path: string): string | null {
  const [list, id, rest] = path.split('.');
  return rest !== undefined && (list === 'endpoints' || list === 'triggers') ? `${list}.${id}` : null;
}

/** A value as text; name gives what people call a login or a team. */
export function valueWords(path: string, value: unknown, name: (id: string) => string): string {
  const field = mailboxOf(path) === null ? path.split('.').at(-1)! : 'mailbox';
  if (value === null || value === undefined) return 'nothing';
  if (value === '') return 'empty';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (field === 'timeoutMs' && typeof value === 'number') return formatDuration(value);
  if (field === 'graceSeconds' && typeof value === 'number') return value === 0 ? 'none' : formatWait(value);
  if (field === 'retrySchedule' && Array.isArray(value))
    return value.map((seconds) => formatDuration(Number(seconds) * 1000)).join(', ');
  // Of a list of parts the number says enough: each part has lines of its own.
  if ((path === 'endpoints' || path === 'triggers') && Array.isArray(value)) return String(value.length);
  if (Array.isArray(value))
    return value.length === 0 ? 'none' : value.map((one) => valueWords(path, one, name)).join(', ');
  if (typeof value === 'string') {
    if (path === 'permissions') return permissionLabel(value);
    if (path === 'status') return REPLAY_WORDS[value as ReplayStatus] ?? value;
    const words = ENDPOINT_VALUES[field]?.(value);
    if (words !== undefined && path.startsWith('endpoints.')) return words;
    if (field === 'expiresAt') return new Date(value).toLocaleString();
    return isNamed(value) ? name(value) : value;
  }
  if (typeof value === 'number') return String(value);
  return objectWords(value as Record<string, unknown>, name);
}

/** The address in a path such as endpoints.ep_….mailbox ann@example.com, which has dots of its own. */
function mailboxOf(path: string): string | null {
  return /^endpoints\.[^.]+\.mailbox (.+)$/.exec(path)?.[1] ?? null;
}

const MAILBOX_STATUS: Record<MailboxStatus, string> = {
  UNCONFIRMED: 'Waiting for confirmation',
  CONFIRMED: 'Confirmed',
  SUPPRESSED: 'Refused',
  UNSUBSCRIBED: 'Unsubscribed',
};

/** The values of an endpoint's fields that are words of the API. */
const ENDPOINT_VALUES: Record<string, (value: string) => string | undefined> = {
  status: (value) => ENDPOINT_STATUS[value as EndpointStatus]?.[0],
  mailbox: (value) => MAILBOX_STATUS[value as MailboxStatus],
  kind: (value) => KIND_WORDS[value as EndpointKind]?.label,
  ordering: (value) => ORDERING_WORDS[value as DeliveryOrdering]?.label,
  signing: (value) => SIGNING_WORDS[value as SigningScheme]?.label,
  format: (value) => FORMAT_WORDS[value as PayloadFormat]?.label,
  type: (value) => AUTHENTICATION_WORDS[value as AuthenticationType],
  failure: (value) => FAILURES.find(([code]) => code === value)?.[1],
};

function objectWords(value: Record<string, unknown>, name: (id: string) => string): string {
  return Object.entries(value)
    .filter(([, inner]) => inner !== '' && inner !== null)
    .map(([field, inner]) => `${field} ${valueWords(field, inner, name)}`)
    .join(', ');
}

/** Ids of logins and teams that the values of changes hold. */
export function namedIds(changes: Record<string, Change>): string[] {
  return Object.values(changes)
    .flatMap(({ from, to }) => [from, to])
    .flat()
    .filter((value): value is string => typeof value === 'string' && isNamed(value));
}

function isNamed(value: string): boolean {
  return /^(lgn|tem)_[0-9a-z]{26}$/.test(value);
}
