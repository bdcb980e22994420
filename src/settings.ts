/** The settings, in one table: name, type, default, meaning, and how the text of each becomes its value. */
import {
  addresses,
  allowedTargets,
  bytes,
  databaseUrl,
  duration,
  encryptionKeys,
  flag,
  httpUrl,
  listeningAddress,
  mailSender,
  oneOf,
  optional,
  origins,
  rootToken,
  schedule,
  smtpUrl,
  text,
  wholeNumber,
} from './config-values.ts';
import { OIDC_SETTINGS } from './oidc-settings.ts';
import { setting } from './setting.ts';

const DAY_MS = 86_400_000;
const LONGEST_KEEP_MS = 3_650 * DAY_MS;

/** What a process does: everything, serve without sending, or send without serving. */
export const ROLES = ['all', 'api', 'worker'] as const;

/** One of ROLES. */
export type Role = (typeof ROLES)[number];

/** The settings. Order is the order of the README's table. */
export const SETTINGS = {
  role: setting({
    env: 'BELLWIRE_ROLE',
    type: 'name',
    default: 'all',
    meaning:
      'all, api (serves and never sends) or worker (sends, and serves nothing but health and metrics). --role wins over it.',
    parse: oneOf(...ROLES),
  }),
  host: setting({
    env: 'BELLWIRE_HOST',
    type: 'address',
    default: '127.0.0.1',
    meaning: 'The address to listen on.',
    parse: text,
  }),
  port: setting({
    env: 'BELLWIRE_PORT',
    type: 'number',
    default: '4000',
    meaning: 'The port to listen on; 0 picks a free one.',
    parse: wholeNumber(0, 65535),
  }),
  publicUrl: setting({
    env: 'BELLWIRE_PUBLIC_URL',
    type: 'url',
    default: '',
    meaning:
      'Where users reach this server: links, allowed Origins, and the host name that webhooks may not call. Default: the listening address.',
    parse: optional(httpUrl),
  }),
  dataDir: setting({
    env: 'BELLWIRE_DATA_DIR',
    type: 'path',
    default: './.bellwire',
    meaning: 'Where the embedded database and the generated encryption key live.',
    parse: text,
  }),
  databaseUrl: setting({
    env: 'DATABASE_URL',
    type: 'url',
    default: '',
    secret: true,
    meaning: 'PostgreSQL 15 or newer to use instead of the embedded one.',
    parse: optional(databaseUrl),
  }),
  rootToken: setting({
    env: 'BELLWIRE_ROOT_TOKEN',
    type: 'string',
    default: '',
    secret: true,
    meaning:
      "Becomes the root administrator's token (32 characters or more). Default: one is made at the first start and printed once.",
    parse: optional(rootToken),
  }),
  encryptionKeys: setting({
    env: 'BELLWIRE_ENCRYPTION_KEYS',
    type: 'id:base64,…',
    default: '',
    secret: true,
    meaning:
      'Keys (32 bytes each) for secrets at rest; the first is active, the others still decrypt. Default: one is made and kept in the data directory, mode 0600.',
    parse: optional(encryptionKeys),
  }),
  allowedTargets: setting({
    env: 'BELLWIRE_ALLOWED_TARGETS',
    type: 'cidr | name=cidr, …',
    default: '',
    meaning: 'Addresses that webhooks may call although they are private.',
    parse: (input) => (input === '' ? [] : allowedTargets(input)),
  }),
  allowHttp: setting({
    env: 'BELLWIRE_ALLOW_HTTP',
    type: 'flag',
    default: 'false',
    meaning: 'Lets webhooks call http:// addresses, not only https://.',
    parse: flag,
  }),
  retrySchedule: setting({
    env: 'BELLWIRE_RETRY_SCHEDULE',
    type: 'durations',
    default: '0s,5s,5m,30m,2h,5h,10h,14h,20h,24h',
    meaning:
      'The wait before each attempt, jittered by ±20 %; as many entries as attempts. Endpoints may have their own.',
    parse: schedule,
  }),
  senders: setting({
    env: 'BELLWIRE_SENDERS',
    type: 'number',
    default: '',
    meaning:
      'How many senders this process has as soon as a single one is busy; each further one is a thread. Default: up to one for each core, as far as cores are idle then.',
    parse: optional(wholeNumber(1, 256)),
  }),
  concurrency: setting({
    env: 'BELLWIRE_CONCURRENCY',
    type: 'number',
    default: '64',
    meaning: 'How many requests each sender has in flight at most.',
    parse: wholeNumber(1, 10_000),
  }),
  endpointConcurrency: setting({
    env: 'BELLWIRE_ENDPOINT_CONCURRENCY',
    type: 'number',
    default: '64',
    meaning:
      'How many requests this process has in flight at one endpoint at most, each of its senders an equal part; half of BELLWIRE_CONCURRENCY of each while it does not answer quickly. An endpoint with a limit of its own keeps that one, over all processes.',
    parse: wholeNumber(1, 1_000),
  }),
  maxRetryAfterMs: setting({
    env: 'BELLWIRE_MAX_RETRY_AFTER',
    type: 'duration',
    default: '1h',
    meaning: 'The longest wait that a receiver may ask for with Retry-After.',
    parse: duration(0, 604_800_000),
  }),
  probeMs: setting({
    env: 'BELLWIRE_PROBE_INTERVAL',
    type: 'duration',
    default: '30s',
    meaning:
      'How long an endpoint that fails is paused before one delivery probes it; doubled after each failed probe, up to twenty times as long.',
    parse: duration(10, 3_600_000),
  }),
  autoDisableMs: setting({
    env: 'BELLWIRE_AUTO_DISABLE_AFTER',
    type: 'duration',
    default: '120h',
    meaning: 'How long an endpoint may have nothing but failures before it is switched off.',
    parse: duration(100, 31_536_000_000),
  }),
  endpointLeaseMs: setting({
    env: 'BELLWIRE_ENDPOINT_LEASE',
    type: 'duration',
    default: '10s',
    meaning:
      'How long one process keeps an endpoint with a limit of its own to itself before it must ask again; when it dies another one takes over after that.',
    parse: duration(100, 600_000),
  }),
  leaseMarginMs: setting({
    env: 'BELLWIRE_LEASE_MARGIN',
    type: 'duration',
    default: '15s',
    meaning: 'How long a claim outlives the deadline of its request before another process takes over.',
    parse: duration(100, 3_600_000),
  }),
  pollMs: setting({
    env: 'BELLWIRE_POLL_INTERVAL',
    type: 'duration',
    default: '1s',
    meaning: 'How often the queue and the stream are looked at when no hint arrives.',
    parse: duration(10, 60_000),
  }),
  smtp: setting({
    env: 'BELLWIRE_SMTP_URL',
    type: 'url',
    default: '',
    secret: true,
    meaning:
      'The mail server: smtps://user:password@mail.example.com, or smtp:// with STARTTLS where the server offers it (asked for where there is a password). Without it endpoints that are mailboxes can be saved and get nothing.',
    parse: optional(smtpUrl),
  }),
  mailFrom: setting({
    env: 'BELLWIRE_MAIL_FROM',
    type: 'address',
    default: '',
    meaning:
      'Who mails are from, as Name <address>. Default: Bellwire <no-reply@…> with the host of the public address.',
    parse: optional(mailSender),
  }),
  mailRate: setting({
    env: 'BELLWIRE_MAIL_RATE',
    type: 'number',
    default: '30',
    meaning: 'How many mails a mailbox gets in a minute at most; what is more goes together, in digests.',
    parse: wholeNumber(1, 100_000),
  }),
  digestMs: setting({
    env: 'BELLWIRE_DIGEST_INTERVAL',
    type: 'duration',
    default: '5m',
    meaning: 'How long what goes together waits for more.',
    parse: duration(10, 86_400_000),
  }),
  digestSize: setting({
    env: 'BELLWIRE_DIGEST_SIZE',
    type: 'number',
    default: '100',
    meaning: 'How many events one digest holds at most; as soon as so many wait it goes.',
    parse: wholeNumber(2, 500),
  }),
  dnsTimeoutMs: setting({
    env: 'BELLWIRE_DNS_TIMEOUT',
    type: 'duration',
    default: '5s',
    meaning: 'How long a host name may take to resolve.',
    parse: duration(10, 60_000),
  }),
  heartbeatMs: setting({
    env: 'BELLWIRE_HEARTBEAT',
    type: 'duration',
    default: '15s',
    meaning: 'How often an idle subscription gets an empty batch that moves its cursor.',
    parse: duration(50, 3_600_000),
  }),
  shutdownGraceMs: setting({
    env: 'BELLWIRE_SHUTDOWN_GRACE',
    type: 'duration',
    default: '20s',
    meaning: 'How long requests in flight may go on after SIGTERM.',
    parse: duration(0, 3_600_000),
  }),
  metricsAddress: setting({
    env: 'BELLWIRE_METRICS',
    type: 'address:port',
    default: '',
    meaning:
      'Where /metrics is served to whoever can connect, such as 127.0.0.1:9464. Default: on the main port only, to tokens of the root account with ACCESS_MANAGE.',
    parse: optional(listeningAddress),
  }),
  readyMaxDueAgeMs: setting({
    env: 'BELLWIRE_READY_MAX_DUE_AGE',
    type: 'duration',
    default: '5m',
    meaning: 'How long a delivery that could be sent may have been due before /readyz turns red; 0: never.',
    parse: duration(0, 86_400_000),
  }),
  keepPayloadsMs: setting({
    env: 'BELLWIRE_KEEP_PAYLOADS',
    type: 'duration',
    default: '30d',
    meaning:
      'How long the payloads of events are kept; a delivery that still waits a day before its payload goes ends as EXPIRED.',
    parse: duration(2 * DAY_MS, LONGEST_KEEP_MS),
  }),
  keepAttemptsMs: setting({
    env: 'BELLWIRE_KEEP_ATTEMPTS',
    type: 'duration',
    default: '30d',
    meaning: 'How long attempts are kept, with what was sent and what came back.',
    parse: duration(2 * DAY_MS, LONGEST_KEEP_MS),
  }),
  keepEventsMs: setting({
    env: 'BELLWIRE_KEEP_EVENTS',
    type: 'duration',
    default: '90d',
    meaning: 'How long events are kept; never for less than their payloads and their deliveries.',
    parse: duration(2 * DAY_MS, LONGEST_KEEP_MS),
  }),
  keepDeliveriesMs: setting({
    env: 'BELLWIRE_KEEP_DELIVERIES',
    type: 'duration',
    default: '90d',
    meaning: 'How long deliveries that have ended are kept; never for less than their attempts.',
    parse: duration(2 * DAY_MS, LONGEST_KEEP_MS),
  }),
  keepLogMs: setting({
    env: 'BELLWIRE_KEEP_LOG',
    type: 'duration',
    default: '7d',
    meaning: 'How long the delivery log is kept: so long may a subscriber be away and go on from its cursor.',
    parse: duration(DAY_MS, LONGEST_KEEP_MS),
  }),
  introspection: setting({
    env: 'BELLWIRE_INTROSPECTION',
    type: 'flag',
    default: 'true',
    meaning: 'Whether holders of a token may read the schema from the server; GraphiQL needs it.',
    parse: flag,
  }),
  console: setting({
    env: 'BELLWIRE_CONSOLE',
    type: 'flag',
    default: 'true',
    meaning: 'Whether the console is served at /.',
    parse: flag,
  }),
  graphiql: setting({
    env: 'BELLWIRE_GRAPHIQL',
    type: 'flag',
    default: 'true',
    meaning: 'Whether the pages of GraphiQL are served.',
    parse: flag,
  }),
  allowedOrigins: setting({
    env: 'BELLWIRE_ALLOWED_ORIGINS',
    type: 'origins',
    default: '',
    meaning:
      "Origins whose pages may call the API from a browser (CORS, WebSocket), besides the server's own.",
    parse: origins,
  }),
  trustedProxies: setting({
    env: 'BELLWIRE_TRUSTED_PROXIES',
    type: 'addresses',
    default: '',
    meaning:
      'Addresses or ranges of proxies whose X-Forwarded-For is believed: the limits on sign-ins then count by the address behind them.',
    parse: addresses,
  }),
  sessionIdleMs: setting({
    env: 'BELLWIRE_SESSION_IDLE',
    type: 'duration',
    default: '30m',
    meaning: 'How long a session of the console may go unused; an open page alone is no use.',
    parse: duration(100, 86_400_000),
  }),
  sessionLifetimeMs: setting({
    env: 'BELLWIRE_SESSION_LIFETIME',
    type: 'duration',
    default: '12h',
    meaning: 'How long a session of the console lives at most, however busy.',
    parse: duration(100, 2_592_000_000),
  }),
  signInLinkLifetimeMs: setting({
    env: 'BELLWIRE_SIGN_IN_LINK_LIFETIME',
    type: 'duration',
    default: '15m',
    meaning: 'How long a one-time link to sign in is valid.',
    parse: duration(100, 86_400_000),
  }),
  ...OIDC_SETTINGS,
  maxBodyBytes: setting({
    env: 'BELLWIRE_MAX_BODY',
    type: 'size',
    default: '8MiB',
    meaning: 'The largest API request of a caller who may publish events.',
    parse: bytes(65_536, 268_435_456),
  }),
  maxSmallBodyBytes: setting({
    env: 'BELLWIRE_MAX_SMALL_BODY',
    type: 'size',
    default: '256KiB',
    meaning: 'The largest API request of every other caller.',
    parse: bytes(1_024, 268_435_456),
  }),
  maxDocumentBytes: setting({
    env: 'BELLWIRE_MAX_DOCUMENT',
    type: 'size',
    default: '32KiB',
    meaning: 'The longest GraphQL document.',
    parse: bytes(1_024, 1_048_576),
  }),
  maxTokens: setting({
    env: 'BELLWIRE_MAX_TOKENS',
    type: 'number',
    default: '1000',
    meaning: 'How many tokens a document has at most.',
    parse: wholeNumber(100, 10_000),
  }),
  maxDepth: setting({
    env: 'BELLWIRE_MAX_DEPTH',
    type: 'number',
    default: '12',
    meaning: 'How deep the fields of an operation nest at most; introspection does not count.',
    parse: wholeNumber(1, 100),
  }),
  // graphql-query-complexity gives up at 10,000.
  maxFields: setting({
    env: 'BELLWIRE_MAX_FIELDS',
    type: 'number',
    default: '2000',
    meaning:
      'How many fields and fragments an operation selects at most, each fragment counted where it is spread.',
    parse: wholeNumber(10, 9_000),
  }),
  maxAliases: setting({
    env: 'BELLWIRE_MAX_ALIASES',
    type: 'number',
    default: '30',
    meaning: 'How many aliases an operation has at most, counted alike.',
    parse: wholeNumber(0, 9_000),
  }),
  maxDirectives: setting({
    env: 'BELLWIRE_MAX_DIRECTIVES',
    type: 'number',
    default: '20',
    meaning: 'How many directives an operation has at most, counted alike.',
    parse: wholeNumber(0, 9_000),
  }),
  maxCost: setting({
    env: 'BELLWIRE_MAX_COST',
    type: 'number',
    default: '10000',
    meaning: 'What an operation may cost: about one point for each object that it can return.',
    parse: wholeNumber(100, 10_000_000),
  }),
  maxCostPerMinute: setting({
    env: 'BELLWIRE_RATE_LIMIT',
    type: 'number',
    default: '1000000',
    meaning: 'What the operations of one login may cost in a minute, on each server process.',
    parse: wholeNumber(100, 1_000_000_000),
  }),
  maxReplay: setting({
    env: 'BELLWIRE_MAX_REPLAY',
    type: 'number',
    default: '1000000',
    meaning: 'How many deliveries one replay sends at most; one that matches more is refused.',
    parse: wholeNumber(1, 100_000_000),
  }),
  maxMessageBytes: setting({
    env: 'BELLWIRE_MAX_MESSAGE',
    type: 'size',
    default: '64KiB',
    meaning: 'The largest message of a client over WebSocket.',
    parse: bytes(1_024, 16_777_216),
  }),
  initTimeoutMs: setting({
    env: 'BELLWIRE_INIT_TIMEOUT',
    type: 'duration',
    default: '3s',
    meaning: 'How long a socket may wait before it says who it is.',
    parse: duration(100, 60_000),
  }),
  maxSocketSubscriptions: setting({
    env: 'BELLWIRE_MAX_SOCKET_SUBSCRIPTIONS',
    type: 'number',
    default: '100',
    meaning: 'How many subscriptions run on one socket at most.',
    parse: wholeNumber(1, 10_000),
  }),
  maxLoginSubscriptions: setting({
    env: 'BELLWIRE_MAX_LOGIN_SUBSCRIPTIONS',
    type: 'number',
    default: '500',
    meaning: 'How many subscriptions of one login run on each server process at most.',
    parse: wholeNumber(1, 100_000),
  }),
  maxLoginSockets: setting({
    env: 'BELLWIRE_MAX_LOGIN_SOCKETS',
    type: 'number',
    default: '50',
    meaning: 'How many sockets one login has on each server process at most.',
    parse: wholeNumber(1, 10_000),
  }),
  logLevel: setting({
    env: 'BELLWIRE_LOG_LEVEL',
    type: 'name',
    default: 'info',
    meaning: 'silent, error, warn, info or debug.',
    parse: oneOf('silent', 'error', 'warn', 'info', 'debug'),
  }),
};
