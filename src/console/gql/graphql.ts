/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
import { gql } from 'urql';
/** A token, of the caller or of a login of its portfolio. */
export type AccessTokenInput = {
  /** When it stops working; never by itself when left out. */
  expiresAt?: string | null | undefined;
  /** Whose it is: the caller's when left out, or with ACCESS_MANAGE a login of the caller's portfolio. */
  loginId?: string | number | null | undefined;
  /** What it is for, 200 characters at most. */
  name: string;
  /** What it may do: no more than the token that makes it, and than the login that it is for. */
  permissions: Array<Permission>;
};

/** Why an attempt ran. */
export type AttemptOrigin =
  /** The one before it failed, and the retry schedule planned this one. */
  | 'AUTOMATIC_RETRY'
  /** It is the first of its delivery. */
  | 'FIRST'
  /** Somebody asked for it with deliveryRetry. */
  | 'MANUAL_RETRY';

/** How an attempt ended. */
export type AttemptOutcome =
  /** It was not sent: the address is not allowed, or a secret could not be read. */
  | 'BLOCKED'
  /** The sender died in it; the receiver may have got it. */
  | 'LOST'
  /** The receiver answered with another status, a redirect included. */
  | 'REJECTED'
  /** The receiver answered with a 2xx status. */
  | 'SUCCEEDED'
  /** The receiver did not answer within the time limit of the endpoint. */
  | 'TIMED_OUT'
  /** No valid answer: name, connection, TLS or HTTP failed. */
  | 'UNREACHABLE';

/** Authentication types; each asks for a credential of its own kind. */
export type AuthenticationType =
  /** A key in a header, such as X-API-Key. */
  | 'API_KEY'
  /** User name and password in the header Authorization (RFC 7617). */
  | 'BASIC'
  /** A token in the header Authorization (RFC 6750). */
  | 'BEARER'
  /** A secret value in a header of any name, such as Authorization with a scheme of its own. */
  | 'CUSTOM_HEADER'
  /** A client certificate, shown in the TLS handshake. */
  | 'MUTUAL_TLS'
  /** Requests carry no credential; they are signed all the same. */
  | 'NONE'
  /** A bearer token that is fetched for a client id and secret, kept until shortly before it ends, and fetched once anew when the endpoint answers 401 (RFC 6749, 4.4). */
  | 'OAUTH2_CLIENT_CREDENTIALS';

/** User name and password; one of the two may be empty. */
export type BasicCredentialInput = {
  /** The password, 1,024 characters at most. */
  password: string;
  /** The user name, 1,024 characters at most, without a colon. */
  username: string;
};

/** A bearer token. */
export type BearerCredentialInput = {
  /** The token without the word Bearer: letters, digits and -._~+/, 8,192 characters at most. */
  token: string;
};

/** An event of a resource. */
export type CatalogEventInput = {
  /** When it happens; empty when left out. */
  description?: string | null | undefined;
  /** A payload that follows the model; one is made from the model when left out. */
  examplePayload?: unknown;
  /** The name that people read. */
  label: string;
  /** The name that events and triggers use; unique within the resource. */
  name: string;
  /** Whether the host really sends it. */
  supported?: boolean;
};

/** A resource of the catalog, created or replaced by its name. */
export type CatalogResourceInput = {
  /** Whether webhooks may listen to it. */
  allowed?: boolean;
  /** What kind of entity it is; empty when left out. */
  description?: string | null | undefined;
  /** All its events: those not named are removed. */
  events: Array<CatalogEventInput>;
  /** The name that people read. */
  label: string;
  /** GraphQL type definitions; the first object type is the entity. DateTime, URL, JSON and Long are known without a declaration. */
  model: string;
  /** The name that events and triggers use; unique. */
  name: string;
};

/** Whether a count is exact or a lower bound. */
export type CountPrecision =
  /** Counting stopped at the limit, or earlier where few of many fit; there may be more. */
  | 'AT_LEAST'
  /** There are exactly that many. */
  | 'EXACT';

/** A span of time: from is inside it, to is not. */
export type DateTimeRangeInput = {
  /** The first instant inside; without it there is no beginning. */
  from?: string | null | undefined;
  /** The first instant after; without it there is no end. */
  to?: string | null | undefined;
};

/** What happened to a delivery. */
export type DeliveryEventKind =
  /** It was stopped. */
  | 'CANCELLED'
  /** It was made and waits for its first attempt. */
  | 'CREATED'
  /** It failed for good. */
  | 'FAILED'
  /** An attempt failed, or somebody asked for a retry, and another attempt is planned. */
  | 'RETRY_SCHEDULED'
  /** The receiver took it. */
  | 'SUCCEEDED';

/** Which deliveries to show: every given field must hold, in a list of values one of them. */
export type DeliveryFilterInput = {
  /** When the delivery was made. */
  createdAt?: DateTimeRangeInput | null | undefined;
  /** Those to one endpoint. */
  endpointId?: string | number | null | undefined;
  /** Those about one entity, by the host's id. */
  entityId?: string | null | undefined;
  /** Those of one kind of event, by name. */
  event?: string | null | undefined;
  /** Those of one event. */
  eventId?: string | number | null | undefined;
  /** Those whose turn in one replay has come. */
  replayId?: string | number | null | undefined;
  /** Those about one resource, by name. */
  resource?: string | null | undefined;
  /** The id of a delivery, of its event or of its entity, or the number or name of its webhook. */
  search?: string | null | undefined;
  /** The states to show. */
  status?: Array<DeliveryStatus> | null | undefined;
  /** The HTTP status of the newest answer. */
  statusCode?: Array<number> | null | undefined;
  /** Those of one webhook. */
  webhookId?: string | number | null | undefined;
  /** Those of one webhook by its number, deleted or not. */
  webhookNumber?: number | null | undefined;
};

/** Whether an endpoint gets deliveries in order. */
export type DeliveryOrdering =
  /** Each delivery goes as soon as it can. */
  | 'NONE'
  /** The deliveries of one entity arrive in order, one after the other; a failing one holds back only those of its own entity. */
  | 'PER_ENTITY';

/** Why a delivery exists. */
export type DeliveryOrigin =
  /** A trigger fired for a published event. */
  | 'EVENT'
  /** A replay made it for an event that had no delivery to the webhook. */
  | 'REPLAY'
  /** Somebody sent a test event. */
  | 'TEST';

/** The state of a delivery. */
export type DeliveryStatus =
  /** It was stopped before it could succeed: by somebody, or because its webhook or endpoint was disabled, changed or deleted. */
  | 'CANCELLED'
  /** The last attempt failed, and no further one is planned. */
  | 'FAILED'
  /** A request is on the wire, or about to be. */
  | 'IN_FLIGHT'
  /** It waits for its first attempt. */
  | 'PENDING'
  /** It waits for another attempt; nextAttemptAt says until when. */
  | 'RETRY_SCHEDULED'
  /** The receiver answered with a 2xx status. */
  | 'SUCCEEDED';

/** The first step of a wizard that still needs attention. */
export type DraftStep =
  /** Step 1: name, description and whose activity is watched. */
  | 'DETAILS'
  /** Step 2: where to send. */
  | 'ENDPOINTS'
  /** Nothing stands in the way of saving. */
  | 'READY'
  /** It is a webhook already; savedAs is that webhook. */
  | 'SAVED'
  /** Step 3: what fires it. */
  | 'TRIGGERS';

/** The Advanced section; what is left out takes its default. */
export type EndpointAdvancedInput = {
  /** What requests look like; STANDARD_WEBHOOKS by default. On an endpoint that exists it counts for events from now on. */
  format?: PayloadFormat | null | undefined;
  /** Headers that every request carries, 20 at most; none by default. */
  headers?: Array<HttpHeaderInput> | null | undefined;
  /** The most requests at the same time, over all senders: from 1 to 1000. By default the server's setting, which each sender counts for itself. */
  maxConcurrency?: number | null | undefined;
  /** Whether deliveries arrive in order; NONE by default. */
  ordering?: DeliveryOrdering | null | undefined;
  /** The most requests that are begun in a second, over all senders: from 1 to 10000; no limit by default. */
  ratePerSecond?: number | null | undefined;
  /** Seconds before each attempt, 1 to 20 entries, as many as attempts; the server's schedule by default. */
  retrySchedule?: Array<number> | null | undefined;
  /** How requests are signed; STANDARD_WEBHOOKS_HMAC by default. Another scheme than the stored one makes a new secret (newSecrets) and forgets the old ones at once. */
  signing?: SigningScheme | null | undefined;
  /** How long the whole exchange may take, in milliseconds: from 100 to 30000, 15000 by default. */
  timeoutMs?: number | null | undefined;
};

/** The authentication type and the credential of that very type; leave the credential out to keep the stored one. */
export type EndpointAuthenticationInput = {
  /** For API_KEY. */
  apiKey?: HeaderCredentialInput | null | undefined;
  /** For BASIC. */
  basic?: BasicCredentialInput | null | undefined;
  /** For BEARER. */
  bearer?: BearerCredentialInput | null | undefined;
  /** For CUSTOM_HEADER. */
  customHeader?: HeaderCredentialInput | null | undefined;
  /** For MUTUAL_TLS. */
  mutualTls?: MutualTlsCredentialInput | null | undefined;
  /** For OAUTH2_CLIENT_CREDENTIALS. */
  oauth2?: OAuth2CredentialInput | null | undefined;
  /** The type; NONE forgets the stored credential. */
  type: AuthenticationType;
};

/** One endpoint row. Give the id of a stored endpoint to keep its secrets. */
export type EndpointInput = {
  /** Headers, time limit, retries, pace, order, signing and format. */
  advanced?: EndpointAdvancedInput | null | undefined;
  /** How requests authenticate; null for not at all. Left out, that of a stored endpoint stays, and a new one has none. */
  authentication?: EndpointAuthenticationInput | null | undefined;
  /** The endpoint that this row edits; left out, the row is a new one. */
  id?: string | number | null | undefined;
  /** What kind of destination it is; required. */
  kind?: EndpointKind | null | undefined;
  /** The web address, or the mail address where kind is EMAIL; required, but not taken where it is TEAM_MAILBOXES. */
  target?: string | null | undefined;
};

/** Kinds of destination. */
export type EndpointKind =
  /** A mailbox: each delivery is a mail to it, with the JSON attached. */
  | 'EMAIL'
  /** The mailboxes of the members of the webhook's team, as they are when something is published: one delivery for each. The target is empty. */
  | 'TEAM_MAILBOXES'
  /** An http or https address that takes POST requests. */
  | 'URL';

/** Whether an endpoint is sent to. */
export type EndpointStatus =
  /** It gets what its webhook sends. */
  | 'ACTIVE'
  /** It switched itself off: it had failed for days without a success between, the receiver answered that it is gone (410), or a mailbox was refused or unsubscribed. */
  | 'AUTO_DISABLED'
  /** Somebody switched it off; what happens meanwhile is not made up for. */
  | 'DISABLED'
  /** It failed too often in a row: what is to be sent waits, and from time to time one delivery tries whether it works again. */
  | 'PAUSED'
  /** A mailbox that has not confirmed yet, or mail is not configured on this server: what is to be sent waits for up to 7 days. */
  | 'UNVERIFIED';

/** Which events to list: every given field must hold, in a list of values one of them. */
export type EventFilterInput = {
  /** Whether a delivery of it succeeded. */
  delivered?: boolean | null | undefined;
  /** The host's id of the entity. */
  entityId?: string | null | undefined;
  /** A login: only its own activity, not that of the logins below. */
  loginId?: string | number | null | undefined;
  /** Names of events. */
  name?: Array<string> | null | undefined;
  /** When it happened. */
  occurredAt?: DateTimeRangeInput | null | undefined;
  /** Names of resources. */
  resource?: Array<string> | null | undefined;
};

/** A header and its secret value. */
export type HeaderCredentialInput = {
  /** The header's name, such as X-API-Key, by the rules of HttpHeaderInput. */
  name: string;
  /** Its value, printable ASCII characters, 4,096 at most. */
  value: string;
};

/** One header that every request carries. */
export type HttpHeaderInput = {
  /** The name. Host, Connection, Transfer-Encoding, Content-…, webhook-… and ce-… belong to the server. */
  name: string;
  /** True keeps the value encrypted: it is sent, but never shown again. */
  secret?: boolean;
  /** The value. Left out on a secret header of an existing endpoint, the stored one stays. */
  value?: string | null | undefined;
};

/** A login. On an update, what is left out stays as it is. */
export type LoginInput = {
  /** True locks it out: its tokens are refused and its sockets closed. */
  disabled?: boolean | null | undefined;
  /** The mail address; empty when left out on create, as a service account has none. */
  email?: string | null | undefined;
  /** Whether it is an account; false when left out on create. */
  isAccount?: boolean | null | undefined;
  /** The display name, 200 characters at most; required to create. */
  name?: string | null | undefined;
  /** The login above, one of the caller's portfolio; the caller itself when left out on create. */
  parentId?: string | number | null | undefined;
  /** What it may do; nothing when left out on create. Only what the caller holds may be given or taken away. */
  permissions?: Array<Permission> | null | undefined;
};

/** What the owner of a mailbox, or its mail server, has said. */
export type MailboxStatus =
  /** It gets what the endpoint sends. */
  | 'CONFIRMED'
  /** Its mail server refused it for good, or its address is none; reason says which. */
  | 'SUPPRESSED'
  /** Its owner has not pressed the button behind the link of the confirmation mail yet. */
  | 'UNCONFIRMED'
  /** Its owner wants no more mails. */
  | 'UNSUBSCRIBED';

/** A client certificate and its key, PEM. */
export type MutualTlsCredentialInput = {
  /** The certificate, behind it those that signed it, 16,384 characters at most. */
  certificate: string;
  /** Its private key, without a passphrase. */
  privateKey: string;
};

/** OAuth 2.0 client credentials grant; id and secret go by HTTP Basic (client_secret_basic). */
export type OAuth2CredentialInput = {
  /** The client id, 1,024 characters at most. */
  clientId: string;
  /** The client secret, 1,024 characters at most. */
  clientSecret: string;
  /** The scope to ask for, words with one blank between them; none when left out. */
  scope?: string | null | undefined;
  /** The address that tokens are fetched from, by the same rules as the address of an endpoint. */
  tokenUrl: string;
};

/** Which end of a list comes first. */
export type OrderDirection =
  /** Smallest, first in the alphabet, or oldest first. */
  | 'ASC'
  /** Largest, last in the alphabet, or newest first. */
  | 'DESC';

/** What the requests of an endpoint look like. A delivery keeps the format of its beginning, on every attempt. */
export type PayloadFormat =
  /** CloudEvents 1.0 with its attributes in ce-… headers, the entity alone as the body. */
  | 'CLOUDEVENTS_BINARY'
  /** CloudEvents 1.0 in one JSON document, the entity as its data; application/cloudevents+json. */
  | 'CLOUDEVENTS_STRUCTURED'
  /** The entity alone, byte for byte as it was published; application/json. */
  | 'ENTITY'
  /** The entity as data in an envelope of Standard Webhooks; application/json. */
  | 'STANDARD_WEBHOOKS';

/** What a login may do inside its account's portfolio; a token may hold fewer than its login. */
export type Permission =
  /** Manage logins and teams of the caller's own portfolio. */
  | 'ACCESS_MANAGE'
  /** Register and remove resources of the catalog. */
  | 'CATALOG_MANAGE'
  /** Publish events for the logins of the account's portfolio. */
  | 'EVENTS_PUBLISH'
  /** Create, edit, switch, test and delete the account's webhooks, and read what they sent. */
  | 'WEBHOOKS_MANAGE';

/** What a replay sends again: deliveries that have ended and that could be retried by hand now. Those on their way are left out, and so are tests, and those whose webhook, endpoint or mailbox is off, or whose payload is no longer kept. */
export type ReplayInput = {
  /** Which deliveries; an empty filter means all that the caller manages. */
  filter: DeliveryFilterInput;
  /** A webhook: also events that its triggers cover as they are now and that never had a delivery to it, within the filter's time, resource, event, entity and endpoint. */
  missingFor?: string | number | null | undefined;
  /** How many deliveries go in a second at most: from 1 to 1000. */
  ratePerSecond?: number | null | undefined;
};

/** The state of a replay. */
export type ReplayStatus =
  /** It was stopped: no further delivery goes. What it had queued and was not on the wire was cancelled; the rest still comes to its end. */
  | 'CANCELLED'
  /** All of its deliveries have come to their end. */
  | 'FINISHED'
  /** No further delivery goes until it is resumed; those under way come to their end. */
  | 'PAUSED'
  /** Its deliveries go, at its rate. */
  | 'RUNNING';

/** How the requests of an endpoint are signed (Standard Webhooks). */
export type SigningScheme =
  /** Not at all: the receiver cannot tell who a request is from. */
  | 'NONE'
  /** Ed25519: the server keeps the private key, the receiver verifies with the public one (whpk_…). Signatures begin with v1a. */
  | 'STANDARD_WEBHOOKS_ED25519'
  /** HMAC-SHA256 with a secret that both sides hold (whsec_…): signatures begin with v1. */
  | 'STANDARD_WEBHOOKS_HMAC';

/** A window of statistics, up to now: a number of points whose limits are the same for everybody (UTC). The last point is under way, so a window is up to one point shorter than its name. */
export type StatsWindow =
  /** 84 points of two hours. */
  | 'LAST_7_DAYS'
  /** 96 points of 15 minutes. */
  | 'LAST_24_HOURS'
  /** 120 points of six hours. */
  | 'LAST_30_DAYS'
  /** 60 points of a minute. */
  | 'LAST_HOUR';

/** Why the stream could not go on from a cursor: fetch the page anew, and go on from its streamCursor. */
export type StreamReset =
  /** Changes behind the cursor are no longer kept; the stream goes on from the oldest one that is. */
  | 'CURSOR_EXPIRED'
  /** The cursor is not from the present history of this server. */
  | 'CURSOR_UNKNOWN'
  /** The cursor is from before the caller lost a permission, a team or its place in the tree. */
  | 'PERMISSION_CHANGED';

/** A team. On an update, what is left out stays as it is. */
export type TeamInput = {
  /** All members, logins of the account's portfolio: those not named leave. Who joins may read the team's webhooks, so the caller must. */
  memberIds?: Array<string | number> | null | undefined;
  /** The display name, 200 characters at most; required to create. */
  name?: string | null | undefined;
};

/** A test event: it is marked as one and fires no trigger. */
export type TestEventInput = {
  /** One of its endpoints; all of them when left out. */
  endpointId?: string | number | null | undefined;
  /** The event's name in the catalog. */
  event: string;
  /** What to send as the entity; the catalog's example when left out. */
  payload?: unknown;
  /** The resource's name in the catalog. */
  resource: string;
  /** The webhook to test. */
  webhookId: string | number;
};

/** Why a trigger never fires. */
export type TriggerInactiveReason =
  /** The event is in the catalog, but the host does not send it. */
  | 'EVENT_NOT_SUPPORTED'
  /** The resource has no such event, or no longer. */
  | 'EVENT_UNKNOWN'
  /** The resource is in the catalog, but webhooks may not listen to it. */
  | 'RESOURCE_NOT_ALLOWED'
  /** The catalog has no such resource, or no longer. */
  | 'RESOURCE_UNKNOWN';

/** One trigger row. */
export type TriggerInput = {
  /** What it is for, 2,000 characters at most; empty when left out. */
  description?: string | null | undefined;
  /** The event's name in the catalog; required. */
  event?: string | null | undefined;
  /** The trigger that this row edits; left out, the row is a new one. */
  id?: string | number | null | undefined;
  /** A name of its own, 200 characters at most; empty when left out. */
  name?: string | null | undefined;
  /** The resource's name in the catalog; required. */
  resource?: string | null | undefined;
};

/** Machine-readable causes of a problem. The list grows: treat an unknown one by its message. */
export type UserErrorCode =
  /** Somebody else changed the object; read it again. */
  | 'CONFLICT'
  /** The credential is missing or of another type; or the address moved to another host, so that credential and secret values must be given again. */
  | 'CREDENTIAL_MISMATCH'
  /** The draft ended a week after its last change. */
  | 'DRAFT_EXPIRED'
  /** The draft has problems that must be mended before it can be saved. */
  | 'DRAFT_INCOMPLETE'
  /** The same thing is given twice. */
  | 'DUPLICATE'
  /** The caller lacks the permission. */
  | 'FORBIDDEN'
  /** A value is malformed. */
  | 'INVALID'
  /** The payload does not follow the resource's model. */
  | 'INVALID_PAYLOAD'
  /** The object is not in a state that allows this. */
  | 'INVALID_STATE'
  /** The idempotency key was used before with another input. */
  | 'KEY_REUSED'
  /** No such object, or none that the caller may see. */
  | 'NOT_FOUND'
  /** A value is missing. */
  | 'REQUIRED'
  /** A text is longer than its limit. */
  | 'TOO_LONG'
  /** A list is longer than its limit. */
  | 'TOO_MANY'
  /** The resource has no such event. */
  | 'UNKNOWN_EVENT'
  /** The catalog has no such resource. */
  | 'UNKNOWN_RESOURCE'
  /** The address must not be called by this server. */
  | 'UNSAFE_TARGET';

/** What happened to a row of the table. */
export type WebhookChangeKind =
  /** It is new, or was changed so that the caller may see it from now on. */
  | 'CREATED'
  /** It is gone, or the caller may not see it any more. */
  | 'DELETED'
  /** Its settings or its status changed, or a name that its row shows. */
  | 'UPDATED';

/** What a webhook is called and whose activity it watches. On an update, what is left out stays as it is. */
export type WebhookDetailsInput = {
  /** What it is for, 2,000 characters at most. */
  description?: string | null | undefined;
  /** The login whose activity is watched, with all below. Without it and a team: the account's whole portfolio. */
  forLoginId?: string | number | null | undefined;
  /** The display name, 200 characters at most; required to create. */
  name?: string | null | undefined;
  /** The team whose members are watched; not together with forLoginId. */
  teamId?: string | number | null | undefined;
};

/** Which webhooks to list: every given field must hold, in a list of values one of them. */
export type WebhookFilterInput = {
  /** Only those created in this span. */
  createdAt?: DateTimeRangeInput | null | undefined;
  /** Only those that watch this login's activity. */
  forLoginId?: string | number | null | undefined;
  /** Only those that this login created. */
  loginId?: string | number | null | undefined;
  /** Only those with a trigger on this resource. */
  resource?: string | null | undefined;
  /** A text that must occur in name, description, login (name or address) or team, or the number itself. On a database without pg_trgm one of them must begin with it. */
  search?: string | null | undefined;
  /** The states to show. */
  status?: Array<WebhookStatus> | null | undefined;
  /** Only those that watch this team. */
  teamId?: string | number | null | undefined;
};

/** A webhook. An update leaves omitted parts alone and replaces a given list as a whole. */
export type WebhookInput = {
  /** Name, description and whose activity is watched. */
  details?: WebhookDetailsInput | null | undefined;
  /** Where it sends, 20 at most. */
  endpoints?: Array<EndpointInput> | null | undefined;
  /** What fires it, 100 at most. */
  triggers?: Array<TriggerInput> | null | undefined;
};

/** The columns by which webhooks are sorted. */
export type WebhookOrderField =
  /** When it was created. */
  | 'CREATED_AT'
  /** The first 200 characters of the description. */
  | 'DESCRIPTION'
  /** The name of the login that is watched; those without one come last. */
  | 'FOR_LOGIN'
  /** The name of the login that created it. */
  | 'LOGIN'
  /** The name; as all texts without regard to case. */
  | 'NAME'
  /** The number. */
  | 'NUMBER'
  /** The name of the team that is watched; those without one come last. */
  | 'TEAM'
  /** When its settings last changed. */
  | 'UPDATED_AT';

/** One sort key; ties break on the id, in the direction of the last key. */
export type WebhookOrderInput = {
  /** Its direction. */
  direction?: OrderDirection;
  /** The column. */
  field: WebhookOrderField;
};

/** Whether a webhook sends. */
export type WebhookStatus =
  /** It is switched on, but its endpoints are off, because they failed for too long; statusReason says why, and webhookEnable turns them on again. */
  | 'AUTO_DISABLED'
  /** Somebody switched it off; what happens meanwhile is not made up for. */
  | 'DISABLED'
  /** It sends whenever one of its triggers fires. */
  | 'ENABLED'
  /** It is switched on, but none of its triggers can fire; statusReason says why. */
  | 'INACTIVE';

export type AccessTokensTableQueryVariables = Exact<{
  loginId?: string | number | null | undefined;
}>;


export type AccessTokensTableQuery = { accessTokens: Array<{ id: string, name: string, hint: string, permissions: Array<Permission>, createdAt: string, lastUsedAt: string | null, expiresAt: string | null }> | null };

export type ConsoleAccessTokenCreateMutationVariables = Exact<{
  input: AccessTokenInput;
}>;


export type ConsoleAccessTokenCreateMutation = { accessTokenCreate: { value: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, accessToken: { id: string, name: string } | null } | null };

export type ConsoleAccessTokenRevokeMutationVariables = Exact<{
  id: string | number;
}>;


export type ConsoleAccessTokenRevokeMutation = { accessTokenRevoke: { deletedId: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type AuditTableQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  subjectId?: string | number | null | undefined;
}>;


export type AuditTableQuery = { auditLog: { nodes: Array<{ id: string, at: string, action: string, changes: unknown, subjectId: string, login: { id: string, number: number, name: string } | null, subject:
        | { id: string, name: string }
        | { id: string }
        | { id: string }
        | { id: string, name: string, label: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string }
        | { id: string, number: number, name: string }
        | { id: string, matched: number, startedAt: string }
        | { id: string, number: number, name: string }
        | { id: string }
        | { id: string, number: number, name: string }
        | { id: string }
       | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type AuditRowFragment = { id: string, at: string, action: string, changes: unknown, subjectId: string, login: { id: string, number: number, name: string } | null, subject:
    | { id: string, name: string }
    | { id: string }
    | { id: string }
    | { id: string, name: string, label: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, number: number, name: string }
    | { id: string, matched: number, startedAt: string }
    | { id: string, number: number, name: string }
    | { id: string }
    | { id: string, number: number, name: string }
    | { id: string }
   | null };

export type AuditNamesQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type AuditNamesQuery = { nodes: Array<
    | { id: string, name: string }
    | { id: string }
    | { id: string }
    | { id: string, name: string, label: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, number: number, name: string }
    | { id: string, matched: number, startedAt: string }
    | { id: string, number: number, name: string }
    | { id: string }
    | { id: string, number: number, name: string }
    | { id: string }
   | null> };

type NamedThing_AccessToken_Fragment = { name: string, id: string };

type NamedThing_Attempt_Fragment = { id: string };

type NamedThing_AuditEntry_Fragment = { id: string };

type NamedThing_CatalogResource_Fragment = { name: string, label: string, id: string };

type NamedThing_Delivery_Fragment = { id: string };

type NamedThing_Endpoint_Fragment = { id: string };

type NamedThing_EndpointSecret_Fragment = { id: string };

type NamedThing_Event_Fragment = { id: string };

type NamedThing_Login_Fragment = { number: number, name: string, id: string };

type NamedThing_Replay_Fragment = { matched: number, startedAt: string, id: string };

type NamedThing_Team_Fragment = { number: number, name: string, id: string };

type NamedThing_Trigger_Fragment = { id: string };

type NamedThing_Webhook_Fragment = { number: number, name: string, id: string };

type NamedThing_WebhookDraft_Fragment = { id: string };

export type NamedThingFragment =
  | NamedThing_AccessToken_Fragment
  | NamedThing_Attempt_Fragment
  | NamedThing_AuditEntry_Fragment
  | NamedThing_CatalogResource_Fragment
  | NamedThing_Delivery_Fragment
  | NamedThing_Endpoint_Fragment
  | NamedThing_EndpointSecret_Fragment
  | NamedThing_Event_Fragment
  | NamedThing_Login_Fragment
  | NamedThing_Replay_Fragment
  | NamedThing_Team_Fragment
  | NamedThing_Trigger_Fragment
  | NamedThing_Webhook_Fragment
  | NamedThing_WebhookDraft_Fragment
;

export type CatalogTableQueryVariables = Exact<{ [key: string]: never; }>;


export type CatalogTableQuery = { catalog: Array<{ id: string, name: string, label: string, description: string, allowed: boolean, events: Array<{ name: string, label: string, description: string, supported: boolean }> }> | null };

export type CatalogResourceDetailsQueryVariables = Exact<{
  id: string | number;
}>;


export type CatalogResourceDetailsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, name: string, label: string, description: string, allowed: boolean, model: string, payloadSchema: unknown, events: Array<{ name: string, label: string, description: string, supported: boolean, examplePayload: unknown }> }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ResourceDetailsFragment = { id: string, name: string, label: string, description: string, allowed: boolean, model: string, payloadSchema: unknown, events: Array<{ name: string, label: string, description: string, supported: boolean, examplePayload: unknown }> };

export type ConsoleResourceRegisterMutationVariables = Exact<{
  input: CatalogResourceInput;
}>;


export type ConsoleResourceRegisterMutation = { resourceRegister: { affectedTriggerCount: number, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, resource: { id: string, name: string, label: string, description: string, allowed: boolean, model: string, payloadSchema: unknown, events: Array<{ name: string, label: string, description: string, supported: boolean, examplePayload: unknown }> } | null, affectedTriggers: Array<{ id: string, label: string, name: string, active: boolean, inactiveReason: TriggerInactiveReason | null }> } | null };

export type ConsoleResourceRemoveMutationVariables = Exact<{
  name: string;
}>;


export type ConsoleResourceRemoveMutation = { resourceRemove: { deletedId: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type DeliveriesTableQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: DeliveryFilterInput | null | undefined;
}>;


export type DeliveriesTableQuery = { deliveries: { streamCursor: string, nodes: Array<{ id: string, status: DeliveryStatus, version: number, attemptCount: number, nextAttemptAt: string | null, createdAt: string, completedAt: string | null, origin: DeliveryOrigin, webhookNumber: number, webhook: { id: string, number: number, name: string } | null, endpoint: { id: string, kind: EndpointKind, target: string } | null, event: { id: string, resource: string, name: string, entityId: string, occurredAt: string }, failure: { code: string, message: string } | null, latestAttempt: { id: string, number: number, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, failure: { code: string, message: string } | null, response: { statusCode: number | null } | null } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type DeliveriesCountQueryVariables = Exact<{
  filter?: DeliveryFilterInput | null | undefined;
}>;


export type DeliveriesCountQuery = { deliveries: { count: { value: number, precision: CountPrecision } } | null };

export type DeliveriesTableEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: DeliveryFilterInput | null | undefined;
}>;


export type DeliveriesTableEventsSubscription = { deliveryEvents: { cursor: string, caughtUp: boolean, reset: StreamReset | null, events: Array<{ kind: DeliveryEventKind, delivery: { id: string, status: DeliveryStatus, version: number, attemptCount: number, nextAttemptAt: string | null, createdAt: string, completedAt: string | null, origin: DeliveryOrigin, webhookNumber: number, webhook: { id: string, number: number, name: string } | null, endpoint: { id: string, kind: EndpointKind, target: string } | null, event: { id: string, resource: string, name: string, entityId: string, occurredAt: string }, failure: { code: string, message: string } | null, latestAttempt: { id: string, number: number, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, failure: { code: string, message: string } | null, response: { statusCode: number | null } | null } | null } }> } };

export type CatalogLabelsQueryVariables = Exact<{ [key: string]: never; }>;


export type CatalogLabelsQuery = { catalog: Array<{ id: string, name: string, label: string, events: Array<{ name: string, label: string }> }> | null };

export type DeliveryRowFragment = { id: string, status: DeliveryStatus, version: number, attemptCount: number, nextAttemptAt: string | null, createdAt: string, completedAt: string | null, origin: DeliveryOrigin, webhookNumber: number, webhook: { id: string, number: number, name: string } | null, endpoint: { id: string, kind: EndpointKind, target: string } | null, event: { id: string, resource: string, name: string, entityId: string, occurredAt: string }, failure: { code: string, message: string } | null, latestAttempt: { id: string, number: number, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, failure: { code: string, message: string } | null, response: { statusCode: number | null } | null } | null };

export type DeliveryPageQueryVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type DeliveryPageQuery = { delivery: { id: string, status: DeliveryStatus, version: number, attemptCount: number, nextAttemptAt: string | null, createdAt: string, completedAt: string | null, origin: DeliveryOrigin, webhookNumber: number, attempts: { totalCount: number, nodes: Array<{ id: string, number: number, origin: AttemptOrigin, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, failure: { code: string, message: string } | null, response: { statusCode: number | null } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } }, webhook: { id: string, number: number, name: string, status: WebhookStatus } | null, endpoint: { id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, authentication: { type: AuthenticationType } } | null, event: { id: string, resource: string, name: string, entityId: string, occurredAt: string }, failure: { code: string, message: string } | null } | null };

export type DeliveryPageEventsSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: DeliveryFilterInput | null | undefined;
}>;


export type DeliveryPageEventsSubscription = { deliveryEvents: { cursor: string, caughtUp: boolean, reset: StreamReset | null, events: Array<{ kind: DeliveryEventKind, delivery: { id: string, version: number } }> } };

export type DeliveryAttemptQueryVariables = Exact<{
  id: string | number;
}>;


export type DeliveryAttemptQuery = { node:
    | { id: string }
    | { id: string, number: number, origin: AttemptOrigin, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, phases: Array<{ name: string, startMs: number, durationMs: number }>, request: { url: string | null, method: string | null, statusCode: number | null, body: string | null, bodyBytes: number, bodyTruncated: boolean, headers: Array<{ name: string, value: string | null, secret: boolean }> }, response: { statusCode: number | null, url: string | null, method: string | null, body: string | null, bodyBytes: number, bodyTruncated: boolean, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null, failure: { code: string, message: string } | null }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type DeliveryPageRetryMutationVariables = Exact<{
  id: string | number;
  idempotencyKey: string;
}>;


export type DeliveryPageRetryMutation = { deliveryRetry: { delivery: { id: string, status: DeliveryStatus, version: number } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type DeliveryPageCancelMutationVariables = Exact<{
  id: string | number;
}>;


export type DeliveryPageCancelMutation = { deliveryCancel: { delivery: { id: string, status: DeliveryStatus, version: number } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type DeliveryFactsFragment = { id: string, status: DeliveryStatus, version: number, attemptCount: number, nextAttemptAt: string | null, createdAt: string, completedAt: string | null, origin: DeliveryOrigin, webhookNumber: number, webhook: { id: string, number: number, name: string, status: WebhookStatus } | null, endpoint: { id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, authentication: { type: AuthenticationType } } | null, event: { id: string, resource: string, name: string, entityId: string, occurredAt: string }, failure: { code: string, message: string } | null };

export type AttemptLineFragment = { id: string, number: number, origin: AttemptOrigin, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, failure: { code: string, message: string } | null, response: { statusCode: number | null } | null };

export type AttemptDetailsFragment = { id: string, number: number, origin: AttemptOrigin, outcome: AttemptOutcome, startedAt: string, durationMs: number | null, phases: Array<{ name: string, startMs: number, durationMs: number }>, request: { url: string | null, method: string | null, statusCode: number | null, body: string | null, bodyBytes: number, bodyTruncated: boolean, headers: Array<{ name: string, value: string | null, secret: boolean }> }, response: { statusCode: number | null, url: string | null, method: string | null, body: string | null, bodyBytes: number, bodyTruncated: boolean, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null, failure: { code: string, message: string } | null };

export type HttpMessageViewFragment = { url: string | null, method: string | null, statusCode: number | null, body: string | null, bodyBytes: number, bodyTruncated: boolean, headers: Array<{ name: string, value: string | null, secret: boolean }> };

export type EventsTableQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: EventFilterInput | null | undefined;
}>;


export type EventsTableQuery = { events: { nodes: Array<{ id: string, resource: string, name: string, entityId: string, occurredAt: string, login: { id: string, number: number, name: string } | null, deliveries: { nodes: Array<{ id: string, status: DeliveryStatus }>, pageInfo: { hasNextPage: boolean } } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type EventsCountQueryVariables = Exact<{
  filter?: EventFilterInput | null | undefined;
}>;


export type EventsCountQuery = { events: { count: { value: number, precision: CountPrecision } } | null };

export type EventPageQueryVariables = Exact<{
  id: string | number;
}>;


export type EventPageQuery = { event: { publishedAt: string, payload: unknown, id: string, resource: string, name: string, entityId: string, occurredAt: string, login: { id: string, number: number, name: string } | null, deliveries: { nodes: Array<{ id: string, status: DeliveryStatus }>, pageInfo: { hasNextPage: boolean } } } | null };

export type EventLoginsQueryVariables = Exact<{
  search?: string | null | undefined;
}>;


export type EventLoginsQuery = { logins: { nodes: Array<{ id: string, number: number, name: string }> } | null };

export type EventLoginQueryVariables = Exact<{
  id: string | number;
}>;


export type EventLoginQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { number: number, name: string, id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type EventRowFragment = { id: string, resource: string, name: string, entityId: string, occurredAt: string, login: { id: string, number: number, name: string } | null, deliveries: { nodes: Array<{ id: string, status: DeliveryStatus }>, pageInfo: { hasNextPage: boolean } } };

export type GuideCatalogQueryVariables = Exact<{ [key: string]: never; }>;


export type GuideCatalogQuery = { catalog: Array<{ id: string, name: string, label: string, description: string, allowed: boolean, events: Array<{ name: string, label: string, description: string, supported: boolean, examplePayload: unknown }> }> | null };

export type LoginsTableQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  search?: string | null | undefined;
}>;


export type LoginsTableQuery = { logins: { totalCount: number, nodes: Array<{ id: string, number: number, name: string, email: string, isAccount: boolean, disabled: boolean, permissions: Array<Permission>, parent: { id: string, number: number, name: string } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type LoginRowFragment = { id: string, number: number, name: string, email: string, isAccount: boolean, disabled: boolean, permissions: Array<Permission>, parent: { id: string, number: number, name: string } | null };

export type LoginDetailsQueryVariables = Exact<{
  id: string | number;
}>;


export type LoginDetailsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, number: number, name: string, email: string, isAccount: boolean, disabled: boolean, permissions: Array<Permission>, createdAt: string, account: { id: string, number: number, name: string }, parent: { id: string } | null, teams: Array<{ id: string, number: number, name: string }> }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type LoginFactsFragment = { id: string, number: number, name: string, email: string, isAccount: boolean, disabled: boolean, permissions: Array<Permission>, createdAt: string, account: { id: string, number: number, name: string }, parent: { id: string } | null, teams: Array<{ id: string, number: number, name: string }> };

export type LoginAboveQueryVariables = Exact<{
  id: string | number;
}>;


export type LoginAboveQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, number: number, name: string, isAccount: boolean, parent: { id: string, number: number, name: string, isAccount: boolean, parent: { id: string, number: number, name: string, isAccount: boolean, parent: { id: string, number: number, name: string, isAccount: boolean, parent: { id: string } | null } | null } | null } | null }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type LoginStepFragment = { id: string, number: number, name: string, isAccount: boolean };

export type TreeRootQueryVariables = Exact<{ [key: string]: never; }>;


export type TreeRootQuery = { viewer: { id: string, number: number, name: string, isAccount: boolean, disabled: boolean, account: { id: string, number: number, name: string, isAccount: boolean, disabled: boolean, children: { totalCount: number } }, children: { totalCount: number } } | null };

export type LoginChildrenQueryVariables = Exact<{
  id: string | number;
  first: number;
  after?: string | null | undefined;
}>;


export type LoginChildrenQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, children: { totalCount: number, nodes: Array<{ id: string, number: number, name: string, isAccount: boolean, disabled: boolean, children: { totalCount: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type TreeNodeFragment = { id: string, number: number, name: string, isAccount: boolean, disabled: boolean, children: { totalCount: number } };

export type LoginChoicesQueryVariables = Exact<{
  search: string;
}>;


export type LoginChoicesQuery = { logins: { nodes: Array<{ id: string, number: number, name: string, email: string, isAccount: boolean }> } | null };

export type ConsoleLoginCreateMutationVariables = Exact<{
  input: LoginInput;
}>;


export type ConsoleLoginCreateMutation = { loginCreate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, login: { id: string, number: number, name: string, email: string, isAccount: boolean, disabled: boolean, permissions: Array<Permission>, parent: { id: string, number: number, name: string } | null } | null } | null };

export type ConsoleLoginUpdateMutationVariables = Exact<{
  id: string | number;
  input: LoginInput;
}>;


export type ConsoleLoginUpdateMutation = { loginUpdate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, login: { id: string, number: number, name: string, email: string, isAccount: boolean, disabled: boolean, permissions: Array<Permission>, createdAt: string, account: { id: string, number: number, name: string }, parent: { id: string } | null, teams: Array<{ id: string, number: number, name: string }> } | null } | null };

export type PaletteWebhooksQueryVariables = Exact<{
  search: string;
}>;


export type PaletteWebhooksQuery = { webhooks: { nodes: Array<{ id: string, number: number, name: string }> } | null };

export type ReplaysTableQueryVariables = Exact<{ [key: string]: never; }>;


export type ReplaysTableQuery = { replays: Array<{ ratePerSecond: number, startedAt: string, filter: unknown, missingFor: string | null, id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null, login: { id: string, number: number, name: string } }> | null };

export type ReplayPageQueryVariables = Exact<{
  id: string | number;
}>;


export type ReplayPageQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, ratePerSecond: number, startedAt: string, filter: unknown, missingFor: string | null, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null, login: { id: string, number: number, name: string } }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ReplayPageProgressSubscriptionVariables = Exact<{
  id: string | number;
}>;


export type ReplayPageProgressSubscription = { replayProgress: { id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null } };

export type ReplayDialogCountQueryVariables = Exact<{
  input: ReplayInput;
  filter?: DeliveryFilterInput | null | undefined;
}>;


export type ReplayDialogCountQuery = { replayPreview: { value: number, precision: CountPrecision } | null, deliveries: { count: { value: number, precision: CountPrecision } } | null };

export type ReplayDialogWebhookQueryVariables = Exact<{
  number: number;
}>;


export type ReplayDialogWebhookQuery = { webhookByNumber: { id: string, number: number, name: string, status: WebhookStatus } | null };

export type ReplayDialogStartMutationVariables = Exact<{
  input: ReplayInput;
  idempotencyKey?: string | null | undefined;
}>;


export type ReplayDialogStartMutation = { replayStart: { replay: { id: string, matched: number } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type ReplayPagePauseMutationVariables = Exact<{
  id: string | number;
}>;


export type ReplayPagePauseMutation = { replayPause: { replay: { id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type ReplayPageResumeMutationVariables = Exact<{
  id: string | number;
}>;


export type ReplayPageResumeMutation = { replayResume: { replay: { id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type ReplayPageCancelMutationVariables = Exact<{
  id: string | number;
}>;


export type ReplayPageCancelMutation = { replayCancel: { replay: { id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type ReplayMovedFragment = { replay: { id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null } | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> };

export type ReplayCountsFragment = { id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null };

export type ReplayRowFragment = { ratePerSecond: number, startedAt: string, filter: unknown, missingFor: string | null, id: string, status: ReplayStatus, matched: number, done: number, succeeded: number, failed: number, pending: number, finishedAt: string | null, login: { id: string, number: number, name: string } };

export type StatisticsPageQueryVariables = Exact<{
  webhookId?: string | number | null | undefined;
  window: StatsWindow;
}>;


export type StatisticsPageQuery = { deliveryStats: { total: number, succeeded: number, failed: number, pending: number, successRate: number | null, p50Ms: number | null, p95Ms: number | null, p99Ms: number | null, latency: Array<{ upToMs: number | null, count: number }>, series: Array<{ at: string, succeeded: number, failed: number, p95Ms: number | null }> } | null };

export type StatisticsChangesSubscriptionVariables = Exact<{
  webhookId?: string | number | null | undefined;
  window: StatsWindow;
}>;


export type StatisticsChangesSubscription = { deliveryStats: { total: number, succeeded: number, failed: number, pending: number, successRate: number | null, p50Ms: number | null, p95Ms: number | null, p99Ms: number | null, latency: Array<{ upToMs: number | null, count: number }>, series: Array<{ at: string, succeeded: number, failed: number, p95Ms: number | null }> } };

export type StatisticsFragment = { total: number, succeeded: number, failed: number, pending: number, successRate: number | null, p50Ms: number | null, p95Ms: number | null, p99Ms: number | null, latency: Array<{ upToMs: number | null, count: number }>, series: Array<{ at: string, succeeded: number, failed: number, p95Ms: number | null }> };

export type WebhookSparklinesQueryVariables = Exact<{
  ids: Array<string | number> | string | number;
}>;


export type WebhookSparklinesQuery = { nodes: Array<
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, stats: { succeeded: number, failed: number, successRate: number | null, series: Array<{ succeeded: number, failed: number }> } }
    | { id: string }
   | null> };

export type TeamsTableQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  search?: string | null | undefined;
}>;


export type TeamsTableQuery = { teams: { totalCount: number, nodes: Array<{ id: string, number: number, name: string, createdAt: string, members: { totalCount: number } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type TeamRowFragment = { id: string, number: number, name: string, createdAt: string, members: { totalCount: number } };

export type TeamDetailsQueryVariables = Exact<{
  id: string | number;
}>;


export type TeamDetailsQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, number: number, name: string, createdAt: string, members: { totalCount: number } }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type TeamMembersQueryVariables = Exact<{
  id: string | number;
  first: number;
  after?: string | null | undefined;
}>;


export type TeamMembersQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, members: { totalCount: number, nodes: Array<{ id: string, number: number, name: string, email: string, disabled: boolean }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ConsoleTeamCreateMutationVariables = Exact<{
  input: TeamInput;
}>;


export type ConsoleTeamCreateMutation = { teamCreate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, team: { id: string, number: number, name: string, createdAt: string, members: { totalCount: number } } | null } | null };

export type ConsoleTeamUpdateMutationVariables = Exact<{
  id: string | number;
  input: TeamInput;
}>;


export type ConsoleTeamUpdateMutation = { teamUpdate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, team: { id: string, number: number, name: string, createdAt: string, members: { totalCount: number } } | null } | null };

export type ConsoleTeamDeleteMutationVariables = Exact<{
  id: string | number;
}>;


export type ConsoleTeamDeleteMutation = { teamDelete: { deletedId: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type ConsoleViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ConsoleViewerQuery = { viewer: { id: string, number: number, name: string, email: string, permissions: Array<Permission>, account: { id: string, number: number, name: string }, teams: Array<{ id: string, name: string }> } | null };

export type ConsoleWebhookDeleteMutationVariables = Exact<{
  id: string | number;
}>;


export type ConsoleWebhookDeleteMutation = { webhookDelete: { deletedId: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type WebhookDetailsQueryVariables = Exact<{
  number: number;
}>;


export type WebhookDetailsQuery = { webhookByNumber: { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, createdAt: string, updatedAt: string, account: { id: string, number: number, name: string }, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, failingSince: string | null, mailboxes: Array<{ address: string, status: MailboxStatus, reason: string | null, confirmationSentAt: string | null, login: { id: string, number: number, name: string } | null }>, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null }, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> }, secrets: Array<{ id: string, hint: string, createdAt: string, expiresAt: string | null, publicKey: string | null }> }>, triggers: Array<{ id: string, resource: string, event: string, label: string, name: string, description: string, active: boolean, inactiveReason: TriggerInactiveReason | null }> } | null };

export type WebhookDetailsChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type WebhookDetailsChangesSubscription = { webhookChanges: { id: string, kind: WebhookChangeKind } };

export type WebhookDetailsSentSubscriptionVariables = Exact<{
  after?: string | null | undefined;
  filter?: DeliveryFilterInput | null | undefined;
}>;


export type WebhookDetailsSentSubscription = { deliveryEvents: { cursor: string, caughtUp: boolean, reset: StreamReset | null, events: Array<{ kind: DeliveryEventKind }> } };

export type WebhookDetailsUpdateMutationVariables = Exact<{
  id: string | number;
  input: WebhookInput;
  expectedVersion?: number | null | undefined;
}>;


export type WebhookDetailsUpdateMutation = { webhookUpdate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, webhook: { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, createdAt: string, updatedAt: string, account: { id: string, number: number, name: string }, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, failingSince: string | null, mailboxes: Array<{ address: string, status: MailboxStatus, reason: string | null, confirmationSentAt: string | null, login: { id: string, number: number, name: string } | null }>, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null }, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> }, secrets: Array<{ id: string, hint: string, createdAt: string, expiresAt: string | null, publicKey: string | null }> }>, triggers: Array<{ id: string, resource: string, event: string, label: string, name: string, description: string, active: boolean, inactiveReason: TriggerInactiveReason | null }> } | null, newSecrets: Array<{ value: string, secret: { id: string }, endpoint: { id: string, target: string } }> } | null };

export type WebhookDetailsEnableMutationVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailsEnableMutation = { webhookEnable: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, webhook: { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, createdAt: string, updatedAt: string, account: { id: string, number: number, name: string }, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, failingSince: string | null, mailboxes: Array<{ address: string, status: MailboxStatus, reason: string | null, confirmationSentAt: string | null, login: { id: string, number: number, name: string } | null }>, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null }, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> }, secrets: Array<{ id: string, hint: string, createdAt: string, expiresAt: string | null, publicKey: string | null }> }>, triggers: Array<{ id: string, resource: string, event: string, label: string, name: string, description: string, active: boolean, inactiveReason: TriggerInactiveReason | null }> } | null } | null };

export type WebhookDetailsDisableMutationVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailsDisableMutation = { webhookDisable: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, webhook: { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, createdAt: string, updatedAt: string, account: { id: string, number: number, name: string }, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, failingSince: string | null, mailboxes: Array<{ address: string, status: MailboxStatus, reason: string | null, confirmationSentAt: string | null, login: { id: string, number: number, name: string } | null }>, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null }, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> }, secrets: Array<{ id: string, hint: string, createdAt: string, expiresAt: string | null, publicKey: string | null }> }>, triggers: Array<{ id: string, resource: string, event: string, label: string, name: string, description: string, active: boolean, inactiveReason: TriggerInactiveReason | null }> } | null } | null };

export type WebhookDetailsEndpointEnableMutationVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailsEndpointEnableMutation = { endpointEnable: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, endpoint: { id: string, status: EndpointStatus } | null } | null };

export type WebhookDetailsEndpointDisableMutationVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailsEndpointDisableMutation = { endpointDisable: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, endpoint: { id: string, status: EndpointStatus } | null } | null };

export type WebhookDetailsTestMutationVariables = Exact<{
  input: TestEventInput;
  idempotencyKey: string;
}>;


export type WebhookDetailsTestMutation = { testEventSend: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, deliveries: Array<{ id: string, endpoint: { id: string, kind: EndpointKind, target: string } | null, event: { id: string } }> } | null };

export type WebhookDetailsVerificationSendMutationVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailsVerificationSendMutation = { endpointVerificationSend: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, endpoint: { id: string, status: EndpointStatus } | null } | null };

export type WebhookDetailsRevealSecretMutationVariables = Exact<{
  id: string | number;
}>;


export type WebhookDetailsRevealSecretMutation = { endpointRevealSecret: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, revealed: { value: string, secret: { id: string } } | null } | null };

export type WebhookDetailsRotateSecretMutationVariables = Exact<{
  id: string | number;
  graceSeconds: number;
  idempotencyKey: string;
}>;


export type WebhookDetailsRotateSecretMutation = { endpointRotateSecret: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, revealed: { value: string, secret: { id: string } } | null } | null };

export type EndpointMailboxViewFragment = { address: string, status: MailboxStatus, reason: string | null, confirmationSentAt: string | null, login: { id: string, number: number, name: string } | null };

export type EndpointAuthenticationViewFragment = { type: AuthenticationType, hint: string | null, expiresAt: string | null };

export type SigningSecretViewFragment = { id: string, hint: string, createdAt: string, expiresAt: string | null, publicKey: string | null };

export type WebhookDetailsFragment = { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, createdAt: string, updatedAt: string, account: { id: string, number: number, name: string }, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, failingSince: string | null, mailboxes: Array<{ address: string, status: MailboxStatus, reason: string | null, confirmationSentAt: string | null, login: { id: string, number: number, name: string } | null }>, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null }, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> }, secrets: Array<{ id: string, hint: string, createdAt: string, expiresAt: string | null, publicKey: string | null }> }>, triggers: Array<{ id: string, resource: string, event: string, label: string, name: string, description: string, active: boolean, inactiveReason: TriggerInactiveReason | null }> };

export type ConsoleWebhooksLinkQueryVariables = Exact<{ [key: string]: never; }>;


export type ConsoleWebhooksLinkQuery = { webhooksLink: { url: string, createdAt: string, lastUsedAt: string | null } | null };

export type ConsoleWebhooksLinkRotateMutationVariables = Exact<{ [key: string]: never; }>;


export type ConsoleWebhooksLinkRotateMutation = { webhooksLinkRotate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, link: { url: string, createdAt: string, lastUsedAt: string | null } | null } | null };

export type ConsoleWebhooksLinkRevokeMutationVariables = Exact<{ [key: string]: never; }>;


export type ConsoleWebhooksLinkRevokeMutation = { webhooksLinkRevoke: { deletedId: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type WebhooksTableQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: WebhookFilterInput | null | undefined;
  orderBy?: Array<WebhookOrderInput> | WebhookOrderInput | null | undefined;
}>;


export type WebhooksTableQuery = { webhooks: { totalCount: number, nodes: Array<{ id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export type WebhooksTableChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type WebhooksTableChangesSubscription = { webhookChanges: { id: string, kind: WebhookChangeKind, webhook: { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus }> } | null } };

export type WebhookRowFragment = { id: string, number: number, version: number, name: string, description: string, status: WebhookStatus, statusReason: string | null, login: { id: string, number: number, name: string }, forLogin: { id: string, number: number, name: string } | null, team: { id: string, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus }> };

export type WizardCatalogQueryVariables = Exact<{ [key: string]: never; }>;


export type WizardCatalogQuery = { catalog: Array<{ id: string, name: string, label: string, description: string, allowed: boolean, events: Array<{ name: string, label: string, description: string, supported: boolean }> }> | null };

export type WizardSampleQueryVariables = Exact<{
  id: string | number;
}>;


export type WizardSampleQuery = { node:
    | { id: string, events: Array<{ name: string, examplePayload: unknown }> }
    | Record<PropertyKey, never>
   | null };

export type WizardLoginsQueryVariables = Exact<{
  search: string;
}>;


export type WizardLoginsQuery = { logins: { nodes: Array<{ id: string, number: number, name: string, email: string }> } | null };

export type WizardTeamsQueryVariables = Exact<{
  search: string;
}>;


export type WizardTeamsQuery = { teams: { nodes: Array<{ id: string, number: number, name: string }> } | null };

export type WizardDraftsQueryVariables = Exact<{ [key: string]: never; }>;


export type WizardDraftsQuery = { webhookDrafts: Array<{ id: string, name: string | null, updatedAt: string, expiresAt: string }> | null };

export type WizardDraftQueryVariables = Exact<{
  id: string | number;
}>;


export type WizardDraftQuery = { webhookDraft: { id: string, version: number, step: DraftStep, name: string | null, description: string | null, expiresAt: string, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind | null, target: string | null, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null } | null, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null }>, triggers: Array<{ id: string, resource: string | null, event: string | null, name: string | null, description: string | null, inactiveReason: TriggerInactiveReason | null }>, problems: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, savedAs: { id: string, number: number, name: string } | null } | null };

export type WizardStartMutationVariables = Exact<{
  input?: WebhookDetailsInput | null | undefined;
}>;


export type WizardStartMutation = { webhookDraftCreate: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, draft: { id: string, version: number, step: DraftStep, name: string | null, description: string | null, expiresAt: string, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind | null, target: string | null, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null } | null, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null }>, triggers: Array<{ id: string, resource: string | null, event: string | null, name: string | null, description: string | null, inactiveReason: TriggerInactiveReason | null }>, problems: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, savedAs: { id: string, number: number, name: string } | null } | null } | null };

export type WizardSetDetailsMutationVariables = Exact<{
  id: string | number;
  version?: number | null | undefined;
  input: WebhookDetailsInput;
}>;


export type WizardSetDetailsMutation = { webhookDraftSetDetails: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, draft: { id: string, version: number, step: DraftStep, name: string | null, description: string | null, expiresAt: string, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind | null, target: string | null, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null } | null, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null }>, triggers: Array<{ id: string, resource: string | null, event: string | null, name: string | null, description: string | null, inactiveReason: TriggerInactiveReason | null }>, problems: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, savedAs: { id: string, number: number, name: string } | null } | null } | null };

export type WizardSetEndpointsMutationVariables = Exact<{
  id: string | number;
  version?: number | null | undefined;
  input: Array<EndpointInput> | EndpointInput;
}>;


export type WizardSetEndpointsMutation = { webhookDraftSetEndpoints: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, draft: { id: string, version: number, step: DraftStep, name: string | null, description: string | null, expiresAt: string, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind | null, target: string | null, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null } | null, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null }>, triggers: Array<{ id: string, resource: string | null, event: string | null, name: string | null, description: string | null, inactiveReason: TriggerInactiveReason | null }>, problems: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, savedAs: { id: string, number: number, name: string } | null } | null } | null };

export type WizardSetTriggersMutationVariables = Exact<{
  id: string | number;
  version?: number | null | undefined;
  input: Array<TriggerInput> | TriggerInput;
}>;


export type WizardSetTriggersMutation = { webhookDraftSetTriggers: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, draft: { id: string, version: number, step: DraftStep, name: string | null, description: string | null, expiresAt: string, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind | null, target: string | null, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null } | null, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null }>, triggers: Array<{ id: string, resource: string | null, event: string | null, name: string | null, description: string | null, inactiveReason: TriggerInactiveReason | null }>, problems: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, savedAs: { id: string, number: number, name: string } | null } | null } | null };

export type WizardSaveMutationVariables = Exact<{
  id: string | number;
}>;


export type WizardSaveMutation = { webhookDraftSave: { errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, draft: { id: string, version: number } | null, webhook: { id: string, number: number, name: string, status: WebhookStatus, statusReason: string | null, endpoints: Array<{ id: string, kind: EndpointKind, target: string, status: EndpointStatus, statusReason: string | null, advanced: { signing: SigningScheme } }> } | null, newSecrets: Array<{ value: string, endpoint: { id: string, target: string }, secret: { id: string } }> } | null };

export type WizardDiscardMutationVariables = Exact<{
  id: string | number;
}>;


export type WizardDiscardMutation = { webhookDraftDiscard: { deletedId: string | null, errors: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }> } | null };

export type WizardProblemFragment = { code: UserErrorCode, field: Array<string> | null, message: string };

export type WizardDraftPartsFragment = { id: string, version: number, step: DraftStep, name: string | null, description: string | null, expiresAt: string, forLogin: { id: string, number: number, name: string } | null, team: { id: string, number: number, name: string } | null, endpoints: Array<{ id: string, kind: EndpointKind | null, target: string | null, authentication: { type: AuthenticationType, hint: string | null, expiresAt: string | null } | null, advanced: { signing: SigningScheme, format: PayloadFormat, timeoutMs: number, retrySchedule: Array<number>, ratePerSecond: number | null, maxConcurrency: number, ordering: DeliveryOrdering, headers: Array<{ name: string, value: string | null, secret: boolean }> } | null }>, triggers: Array<{ id: string, resource: string | null, event: string | null, name: string | null, description: string | null, inactiveReason: TriggerInactiveReason | null }>, problems: Array<{ code: UserErrorCode, field: Array<string> | null, message: string }>, savedAs: { id: string, number: number, name: string } | null };

export const NamedThingFragmentDoc = /*#__PURE__*/ gql`
    fragment NamedThing on Node {
  id
  ... on Webhook {
    number
    name
  }
  ... on Login {
    number
    name
  }
  ... on Team {
    number
    name
  }
  ... on AccessToken {
    name
  }
  ... on CatalogResource {
    name
    label
  }
  ... on Replay {
    matched
    startedAt
  }
}
    ` as unknown as DocumentNode<NamedThingFragment, unknown>;
export const AuditRowFragmentDoc = /*#__PURE__*/ gql`
    fragment AuditRow on AuditEntry {
  id
  at
  action
  changes
  subjectId
  login {
    id
    number
    name
  }
  subject {
    id
    ...NamedThing
  }
}
    ` as unknown as DocumentNode<AuditRowFragment, unknown>;
export const ResourceDetailsFragmentDoc = /*#__PURE__*/ gql`
    fragment ResourceDetails on CatalogResource {
  id
  name
  label
  description
  allowed
  model
  payloadSchema
  events {
    name
    label
    description
    supported
    examplePayload
  }
}
    ` as unknown as DocumentNode<ResourceDetailsFragment, unknown>;
export const DeliveryRowFragmentDoc = /*#__PURE__*/ gql`
    fragment DeliveryRow on Delivery {
  id
  status
  version
  attemptCount
  nextAttemptAt
  createdAt
  completedAt
  origin
  webhookNumber
  webhook {
    id
    number
    name
  }
  endpoint {
    id
    kind
    target
  }
  event {
    id
    resource
    name
    entityId
    occurredAt
  }
  failure {
    code
    message
  }
  latestAttempt {
    id
    number
    outcome
    startedAt
    durationMs
    failure {
      code
      message
    }
    response {
      statusCode
    }
  }
}
    ` as unknown as DocumentNode<DeliveryRowFragment, unknown>;
export const DeliveryFactsFragmentDoc = /*#__PURE__*/ gql`
    fragment DeliveryFacts on Delivery {
  id
  status
  version
  attemptCount
  nextAttemptAt
  createdAt
  completedAt
  origin
  webhookNumber
  webhook {
    id
    number
    name
    status
  }
  endpoint {
    id
    kind
    target
    status
    statusReason
    authentication {
      type
    }
  }
  event {
    id
    resource
    name
    entityId
    occurredAt
  }
  failure {
    code
    message
  }
}
    ` as unknown as DocumentNode<DeliveryFactsFragment, unknown>;
export const AttemptLineFragmentDoc = /*#__PURE__*/ gql`
    fragment AttemptLine on Attempt {
  id
  number
  origin
  outcome
  startedAt
  durationMs
  failure {
    code
    message
  }
  response {
    statusCode
  }
}
    ` as unknown as DocumentNode<AttemptLineFragment, unknown>;
export const HttpMessageViewFragmentDoc = /*#__PURE__*/ gql`
    fragment HttpMessageView on HttpMessage {
  url
  method
  statusCode
  headers {
    name
    value
    secret
  }
  body
  bodyBytes
  bodyTruncated
}
    ` as unknown as DocumentNode<HttpMessageViewFragment, unknown>;
export const AttemptDetailsFragmentDoc = /*#__PURE__*/ gql`
    fragment AttemptDetails on Attempt {
  ...AttemptLine
  phases {
    name
    startMs
    durationMs
  }
  request {
    ...HttpMessageView
  }
  response {
    ...HttpMessageView
  }
}
    ` as unknown as DocumentNode<AttemptDetailsFragment, unknown>;
export const EventRowFragmentDoc = /*#__PURE__*/ gql`
    fragment EventRow on Event {
  id
  resource
  name
  entityId
  occurredAt
  login {
    id
    number
    name
  }
  deliveries(first: 5) {
    nodes {
      id
      status
    }
    pageInfo {
      hasNextPage
    }
  }
}
    ` as unknown as DocumentNode<EventRowFragment, unknown>;
export const LoginRowFragmentDoc = /*#__PURE__*/ gql`
    fragment LoginRow on Login {
  id
  number
  name
  email
  isAccount
  disabled
  permissions
  parent {
    id
    number
    name
  }
}
    ` as unknown as DocumentNode<LoginRowFragment, unknown>;
export const LoginFactsFragmentDoc = /*#__PURE__*/ gql`
    fragment LoginFacts on Login {
  id
  number
  name
  email
  isAccount
  disabled
  permissions
  createdAt
  account {
    id
    number
    name
  }
  parent {
    id
  }
  teams {
    id
    number
    name
  }
}
    ` as unknown as DocumentNode<LoginFactsFragment, unknown>;
export const LoginStepFragmentDoc = /*#__PURE__*/ gql`
    fragment LoginStep on Login {
  id
  number
  name
  isAccount
}
    ` as unknown as DocumentNode<LoginStepFragment, unknown>;
export const TreeNodeFragmentDoc = /*#__PURE__*/ gql`
    fragment TreeNode on Login {
  id
  number
  name
  isAccount
  disabled
  children(first: 0) {
    totalCount
  }
}
    ` as unknown as DocumentNode<TreeNodeFragment, unknown>;
export const ReplayCountsFragmentDoc = /*#__PURE__*/ gql`
    fragment ReplayCounts on Replay {
  id
  status
  matched
  done
  succeeded
  failed
  pending
  finishedAt
}
    ` as unknown as DocumentNode<ReplayCountsFragment, unknown>;
export const ReplayMovedFragmentDoc = /*#__PURE__*/ gql`
    fragment ReplayMoved on ReplayPayload {
  replay {
    ...ReplayCounts
  }
  errors {
    code
    field
    message
  }
}
    ` as unknown as DocumentNode<ReplayMovedFragment, unknown>;
export const ReplayRowFragmentDoc = /*#__PURE__*/ gql`
    fragment ReplayRow on Replay {
  ...ReplayCounts
  ratePerSecond
  startedAt
  filter
  missingFor
  login {
    id
    number
    name
  }
}
    ` as unknown as DocumentNode<ReplayRowFragment, unknown>;
export const StatisticsFragmentDoc = /*#__PURE__*/ gql`
    fragment Statistics on DeliveryStats {
  total
  succeeded
  failed
  pending
  successRate
  p50Ms
  p95Ms
  p99Ms
  latency {
    upToMs
    count
  }
  series {
    at
    succeeded
    failed
    p95Ms
  }
}
    ` as unknown as DocumentNode<StatisticsFragment, unknown>;
export const TeamRowFragmentDoc = /*#__PURE__*/ gql`
    fragment TeamRow on Team {
  id
  number
  name
  createdAt
  members(first: 0) {
    totalCount
  }
}
    ` as unknown as DocumentNode<TeamRowFragment, unknown>;
export const EndpointMailboxViewFragmentDoc = /*#__PURE__*/ gql`
    fragment EndpointMailboxView on EndpointMailbox {
  address
  status
  reason
  confirmationSentAt
  login {
    id
    number
    name
  }
}
    ` as unknown as DocumentNode<EndpointMailboxViewFragment, unknown>;
export const EndpointAuthenticationViewFragmentDoc = /*#__PURE__*/ gql`
    fragment EndpointAuthenticationView on EndpointAuthentication {
  type
  hint
  expiresAt
}
    ` as unknown as DocumentNode<EndpointAuthenticationViewFragment, unknown>;
export const SigningSecretViewFragmentDoc = /*#__PURE__*/ gql`
    fragment SigningSecretView on EndpointSecret {
  id
  hint
  createdAt
  expiresAt
  publicKey
}
    ` as unknown as DocumentNode<SigningSecretViewFragment, unknown>;
export const WebhookDetailsFragmentDoc = /*#__PURE__*/ gql`
    fragment WebhookDetails on Webhook {
  id
  number
  version
  name
  description
  status
  statusReason
  createdAt
  updatedAt
  account {
    id
    number
    name
  }
  login {
    id
    number
    name
  }
  forLogin {
    id
    number
    name
  }
  team {
    id
    number
    name
  }
  endpoints {
    id
    kind
    target
    status
    statusReason
    failingSince
    mailboxes {
      ...EndpointMailboxView
    }
    authentication {
      ...EndpointAuthenticationView
    }
    advanced {
      signing
      format
      timeoutMs
      retrySchedule
      ratePerSecond
      maxConcurrency
      ordering
      headers {
        name
        value
        secret
      }
    }
    secrets {
      ...SigningSecretView
    }
  }
  triggers {
    id
    resource
    event
    label
    name
    description
    active
    inactiveReason
  }
}
    ` as unknown as DocumentNode<WebhookDetailsFragment, unknown>;
export const WebhookRowFragmentDoc = /*#__PURE__*/ gql`
    fragment WebhookRow on Webhook {
  id
  number
  version
  name
  description
  status
  statusReason
  login {
    id
    number
    name
  }
  forLogin {
    id
    number
    name
  }
  team {
    id
    name
  }
  endpoints {
    id
    kind
    target
    status
  }
}
    ` as unknown as DocumentNode<WebhookRowFragment, unknown>;
export const WizardProblemFragmentDoc = /*#__PURE__*/ gql`
    fragment WizardProblem on UserError {
  code
  field
  message
}
    ` as unknown as DocumentNode<WizardProblemFragment, unknown>;
export const WizardDraftPartsFragmentDoc = /*#__PURE__*/ gql`
    fragment WizardDraftParts on WebhookDraft {
  id
  version
  step
  name
  description
  expiresAt
  forLogin {
    id
    number
    name
  }
  team {
    id
    number
    name
  }
  endpoints {
    id
    kind
    target
    authentication {
      ...EndpointAuthenticationView
    }
    advanced {
      signing
      format
      headers {
        name
        value
        secret
      }
      timeoutMs
      retrySchedule
      ratePerSecond
      maxConcurrency
      ordering
    }
  }
  triggers {
    id
    resource
    event
    name
    description
    inactiveReason
  }
  problems {
    ...WizardProblem
  }
  savedAs {
    id
    number
    name
  }
}
    ` as unknown as DocumentNode<WizardDraftPartsFragment, unknown>;
export const AccessTokensTableDocument = /*#__PURE__*/ gql`
    query AccessTokensTable($loginId: ID) {
  accessTokens(loginId: $loginId) {
    id
    name
    hint
    permissions
    createdAt
    lastUsedAt
    expiresAt
  }
}
    ` as unknown as DocumentNode<AccessTokensTableQuery, AccessTokensTableQueryVariables>;
export const ConsoleAccessTokenCreateDocument = /*#__PURE__*/ gql`
    mutation ConsoleAccessTokenCreate($input: AccessTokenInput!) {
  accessTokenCreate(input: $input) {
    errors {
      code
      field
      message
    }
    accessToken {
      id
      name
    }
    value
  }
}
    ` as unknown as DocumentNode<ConsoleAccessTokenCreateMutation, ConsoleAccessTokenCreateMutationVariables>;
export const ConsoleAccessTokenRevokeDocument = /*#__PURE__*/ gql`
    mutation ConsoleAccessTokenRevoke($id: ID!) {
  accessTokenRevoke(id: $id) {
    errors {
      code
      field
      message
    }
    deletedId
  }
}
    ` as unknown as DocumentNode<ConsoleAccessTokenRevokeMutation, ConsoleAccessTokenRevokeMutationVariables>;
export const AuditTableDocument = /*#__PURE__*/ gql`
    query AuditTable($first: Int!, $after: String, $subjectId: ID) {
  auditLog(first: $first, after: $after, subjectId: $subjectId) {
    nodes {
      ...AuditRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    ${AuditRowFragmentDoc}
${NamedThingFragmentDoc}` as unknown as DocumentNode<AuditTableQuery, AuditTableQueryVariables>;
export const AuditNamesDocument = /*#__PURE__*/ gql`
    query AuditNames($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ...NamedThing
  }
}
    ${NamedThingFragmentDoc}` as unknown as DocumentNode<AuditNamesQuery, AuditNamesQueryVariables>;
export const CatalogTableDocument = /*#__PURE__*/ gql`
    query CatalogTable {
  catalog {
    id
    name
    label
    description
    allowed
    events {
      name
      label
      description
      supported
    }
  }
}
    ` as unknown as DocumentNode<CatalogTableQuery, CatalogTableQueryVariables>;
export const CatalogResourceDetailsDocument = /*#__PURE__*/ gql`
    query CatalogResourceDetails($id: ID!) {
  node(id: $id) {
    id
    ... on CatalogResource {
      ...ResourceDetails
    }
  }
}
    ${ResourceDetailsFragmentDoc}` as unknown as DocumentNode<CatalogResourceDetailsQuery, CatalogResourceDetailsQueryVariables>;
export const ConsoleResourceRegisterDocument = /*#__PURE__*/ gql`
    mutation ConsoleResourceRegister($input: CatalogResourceInput!) {
  resourceRegister(input: $input) {
    errors {
      code
      field
      message
    }
    resource {
      ...ResourceDetails
    }
    affectedTriggerCount
    affectedTriggers {
      id
      label
      name
      active
      inactiveReason
    }
  }
}
    ${ResourceDetailsFragmentDoc}` as unknown as DocumentNode<ConsoleResourceRegisterMutation, ConsoleResourceRegisterMutationVariables>;
export const ConsoleResourceRemoveDocument = /*#__PURE__*/ gql`
    mutation ConsoleResourceRemove($name: String!) {
  resourceRemove(name: $name) {
    errors {
      code
      field
      message
    }
    deletedId
  }
}
    ` as unknown as DocumentNode<ConsoleResourceRemoveMutation, ConsoleResourceRemoveMutationVariables>;
export const DeliveriesTableDocument = /*#__PURE__*/ gql`
    query DeliveriesTable($first: Int!, $after: String, $filter: DeliveryFilterInput) {
  deliveries(first: $first, after: $after, filter: $filter) {
    nodes {
      ...DeliveryRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    streamCursor
  }
}
    ${DeliveryRowFragmentDoc}` as unknown as DocumentNode<DeliveriesTableQuery, DeliveriesTableQueryVariables>;
export const DeliveriesCountDocument = /*#__PURE__*/ gql`
    query DeliveriesCount($filter: DeliveryFilterInput) {
  deliveries(first: 0, filter: $filter) {
    count(limit: 10000) {
      value
      precision
    }
  }
}
    ` as unknown as DocumentNode<DeliveriesCountQuery, DeliveriesCountQueryVariables>;
export const DeliveriesTableEventsDocument = /*#__PURE__*/ gql`
    subscription DeliveriesTableEvents($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: LATEST_PER_DELIVERY) {
    cursor
    caughtUp
    reset
    events {
      kind
      delivery {
        ...DeliveryRow
      }
    }
  }
}
    ${DeliveryRowFragmentDoc}` as unknown as DocumentNode<DeliveriesTableEventsSubscription, DeliveriesTableEventsSubscriptionVariables>;
export const CatalogLabelsDocument = /*#__PURE__*/ gql`
    query CatalogLabels {
  catalog {
    id
    name
    label
    events {
      name
      label
    }
  }
}
    ` as unknown as DocumentNode<CatalogLabelsQuery, CatalogLabelsQueryVariables>;
export const DeliveryPageDocument = /*#__PURE__*/ gql`
    query DeliveryPage($id: ID!, $after: String) {
  delivery(id: $id) {
    ...DeliveryFacts
    attempts(first: 100, after: $after) {
      nodes {
        ...AttemptLine
      }
      pageInfo {
        hasNextPage
        endCursor
      }
      totalCount
    }
  }
}
    ${DeliveryFactsFragmentDoc}
${AttemptLineFragmentDoc}` as unknown as DocumentNode<DeliveryPageQuery, DeliveryPageQueryVariables>;
export const DeliveryPageEventsDocument = /*#__PURE__*/ gql`
    subscription DeliveryPageEvents($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(after: $after, filter: $filter, mode: EVERY_EVENT, maxBatch: 50) {
    cursor
    caughtUp
    reset
    events {
      kind
      delivery {
        id
        version
      }
    }
  }
}
    ` as unknown as DocumentNode<DeliveryPageEventsSubscription, DeliveryPageEventsSubscriptionVariables>;
export const DeliveryAttemptDocument = /*#__PURE__*/ gql`
    query DeliveryAttempt($id: ID!) {
  node(id: $id) {
    id
    ...AttemptDetails
  }
}
    ${AttemptDetailsFragmentDoc}
${AttemptLineFragmentDoc}
${HttpMessageViewFragmentDoc}` as unknown as DocumentNode<DeliveryAttemptQuery, DeliveryAttemptQueryVariables>;
export const DeliveryPageRetryDocument = /*#__PURE__*/ gql`
    mutation DeliveryPageRetry($id: ID!, $idempotencyKey: String!) {
  deliveryRetry(id: $id, idempotencyKey: $idempotencyKey) {
    delivery {
      id
      status
      version
    }
    errors {
      code
      field
      message
    }
  }
}
    ` as unknown as DocumentNode<DeliveryPageRetryMutation, DeliveryPageRetryMutationVariables>;
export const DeliveryPageCancelDocument = /*#__PURE__*/ gql`
    mutation DeliveryPageCancel($id: ID!) {
  deliveryCancel(id: $id) {
    delivery {
      id
      status
      version
    }
    errors {
      code
      field
      message
    }
  }
}
    ` as unknown as DocumentNode<DeliveryPageCancelMutation, DeliveryPageCancelMutationVariables>;
export const EventsTableDocument = /*#__PURE__*/ gql`
    query EventsTable($first: Int!, $after: String, $filter: EventFilterInput) {
  events(first: $first, after: $after, filter: $filter) {
    nodes {
      ...EventRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    ${EventRowFragmentDoc}` as unknown as DocumentNode<EventsTableQuery, EventsTableQueryVariables>;
export const EventsCountDocument = /*#__PURE__*/ gql`
    query EventsCount($filter: EventFilterInput) {
  events(first: 0, filter: $filter) {
    count(limit: 10000) {
      value
      precision
    }
  }
}
    ` as unknown as DocumentNode<EventsCountQuery, EventsCountQueryVariables>;
export const EventPageDocument = /*#__PURE__*/ gql`
    query EventPage($id: ID!) {
  event(id: $id) {
    ...EventRow
    publishedAt
    payload
  }
}
    ${EventRowFragmentDoc}` as unknown as DocumentNode<EventPageQuery, EventPageQueryVariables>;
export const EventLoginsDocument = /*#__PURE__*/ gql`
    query EventLogins($search: String) {
  logins(first: 20, search: $search) {
    nodes {
      id
      number
      name
    }
  }
}
    ` as unknown as DocumentNode<EventLoginsQuery, EventLoginsQueryVariables>;
export const EventLoginDocument = /*#__PURE__*/ gql`
    query EventLogin($id: ID!) {
  node(id: $id) {
    id
    ... on Login {
      number
      name
    }
  }
}
    ` as unknown as DocumentNode<EventLoginQuery, EventLoginQueryVariables>;
export const GuideCatalogDocument = /*#__PURE__*/ gql`
    query GuideCatalog {
  catalog {
    id
    name
    label
    description
    allowed
    events {
      name
      label
      description
      supported
      examplePayload
    }
  }
}
    ` as unknown as DocumentNode<GuideCatalogQuery, GuideCatalogQueryVariables>;
export const LoginsTableDocument = /*#__PURE__*/ gql`
    query LoginsTable($first: Int!, $after: String, $search: String) {
  logins(first: $first, after: $after, search: $search) {
    nodes {
      ...LoginRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    ${LoginRowFragmentDoc}` as unknown as DocumentNode<LoginsTableQuery, LoginsTableQueryVariables>;
export const LoginDetailsDocument = /*#__PURE__*/ gql`
    query LoginDetails($id: ID!) {
  node(id: $id) {
    id
    ... on Login {
      ...LoginFacts
    }
  }
}
    ${LoginFactsFragmentDoc}` as unknown as DocumentNode<LoginDetailsQuery, LoginDetailsQueryVariables>;
export const LoginAboveDocument = /*#__PURE__*/ gql`
    query LoginAbove($id: ID!) {
  node(id: $id) {
    id
    ... on Login {
      ...LoginStep
      parent {
        ...LoginStep
        parent {
          ...LoginStep
          parent {
            ...LoginStep
            parent {
              id
            }
          }
        }
      }
    }
  }
}
    ${LoginStepFragmentDoc}` as unknown as DocumentNode<LoginAboveQuery, LoginAboveQueryVariables>;
export const TreeRootDocument = /*#__PURE__*/ gql`
    query TreeRoot {
  viewer {
    ...TreeNode
    account {
      ...TreeNode
    }
  }
}
    ${TreeNodeFragmentDoc}` as unknown as DocumentNode<TreeRootQuery, TreeRootQueryVariables>;
export const LoginChildrenDocument = /*#__PURE__*/ gql`
    query LoginChildren($id: ID!, $first: Int!, $after: String) {
  node(id: $id) {
    id
    ... on Login {
      children(first: $first, after: $after) {
        nodes {
          ...TreeNode
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
}
    ${TreeNodeFragmentDoc}` as unknown as DocumentNode<LoginChildrenQuery, LoginChildrenQueryVariables>;
export const LoginChoicesDocument = /*#__PURE__*/ gql`
    query LoginChoices($search: String!) {
  logins(first: 20, search: $search) {
    nodes {
      id
      number
      name
      email
      isAccount
    }
  }
}
    ` as unknown as DocumentNode<LoginChoicesQuery, LoginChoicesQueryVariables>;
export const ConsoleLoginCreateDocument = /*#__PURE__*/ gql`
    mutation ConsoleLoginCreate($input: LoginInput!) {
  loginCreate(input: $input) {
    errors {
      code
      field
      message
    }
    login {
      ...LoginRow
    }
  }
}
    ${LoginRowFragmentDoc}` as unknown as DocumentNode<ConsoleLoginCreateMutation, ConsoleLoginCreateMutationVariables>;
export const ConsoleLoginUpdateDocument = /*#__PURE__*/ gql`
    mutation ConsoleLoginUpdate($id: ID!, $input: LoginInput!) {
  loginUpdate(id: $id, input: $input) {
    errors {
      code
      field
      message
    }
    login {
      ...LoginFacts
    }
  }
}
    ${LoginFactsFragmentDoc}` as unknown as DocumentNode<ConsoleLoginUpdateMutation, ConsoleLoginUpdateMutationVariables>;
export const PaletteWebhooksDocument = /*#__PURE__*/ gql`
    query PaletteWebhooks($search: String!) {
  webhooks(first: 6, filter: {search: $search}) {
    nodes {
      id
      number
      name
    }
  }
}
    ` as unknown as DocumentNode<PaletteWebhooksQuery, PaletteWebhooksQueryVariables>;
export const ReplaysTableDocument = /*#__PURE__*/ gql`
    query ReplaysTable {
  replays(first: 100) {
    ...ReplayRow
  }
}
    ${ReplayRowFragmentDoc}
${ReplayCountsFragmentDoc}` as unknown as DocumentNode<ReplaysTableQuery, ReplaysTableQueryVariables>;
export const ReplayPageDocument = /*#__PURE__*/ gql`
    query ReplayPage($id: ID!) {
  node(id: $id) {
    id
    ...ReplayRow
  }
}
    ${ReplayRowFragmentDoc}
${ReplayCountsFragmentDoc}` as unknown as DocumentNode<ReplayPageQuery, ReplayPageQueryVariables>;
export const ReplayPageProgressDocument = /*#__PURE__*/ gql`
    subscription ReplayPageProgress($id: ID!) {
  replayProgress(id: $id) {
    ...ReplayCounts
  }
}
    ${ReplayCountsFragmentDoc}` as unknown as DocumentNode<ReplayPageProgressSubscription, ReplayPageProgressSubscriptionVariables>;
export const ReplayDialogCountDocument = /*#__PURE__*/ gql`
    query ReplayDialogCount($input: ReplayInput!, $filter: DeliveryFilterInput) {
  replayPreview(input: $input) {
    value
    precision
  }
  deliveries(first: 0, filter: $filter) {
    count(limit: 10000) {
      value
      precision
    }
  }
}
    ` as unknown as DocumentNode<ReplayDialogCountQuery, ReplayDialogCountQueryVariables>;
export const ReplayDialogWebhookDocument = /*#__PURE__*/ gql`
    query ReplayDialogWebhook($number: Int!) {
  webhookByNumber(number: $number) {
    id
    number
    name
    status
  }
}
    ` as unknown as DocumentNode<ReplayDialogWebhookQuery, ReplayDialogWebhookQueryVariables>;
export const ReplayDialogStartDocument = /*#__PURE__*/ gql`
    mutation ReplayDialogStart($input: ReplayInput!, $idempotencyKey: String) {
  replayStart(input: $input, idempotencyKey: $idempotencyKey) {
    replay {
      id
      matched
    }
    errors {
      code
      field
      message
    }
  }
}
    ` as unknown as DocumentNode<ReplayDialogStartMutation, ReplayDialogStartMutationVariables>;
export const ReplayPagePauseDocument = /*#__PURE__*/ gql`
    mutation ReplayPagePause($id: ID!) {
  replayPause(id: $id) {
    ...ReplayMoved
  }
}
    ${ReplayMovedFragmentDoc}
${ReplayCountsFragmentDoc}` as unknown as DocumentNode<ReplayPagePauseMutation, ReplayPagePauseMutationVariables>;
export const ReplayPageResumeDocument = /*#__PURE__*/ gql`
    mutation ReplayPageResume($id: ID!) {
  replayResume(id: $id) {
    ...ReplayMoved
  }
}
    ${ReplayMovedFragmentDoc}
${ReplayCountsFragmentDoc}` as unknown as DocumentNode<ReplayPageResumeMutation, ReplayPageResumeMutationVariables>;
export const ReplayPageCancelDocument = /*#__PURE__*/ gql`
    mutation ReplayPageCancel($id: ID!) {
  replayCancel(id: $id) {
    ...ReplayMoved
  }
}
    ${ReplayMovedFragmentDoc}
${ReplayCountsFragmentDoc}` as unknown as DocumentNode<ReplayPageCancelMutation, ReplayPageCancelMutationVariables>;
export const StatisticsPageDocument = /*#__PURE__*/ gql`
    query StatisticsPage($webhookId: ID, $window: StatsWindow!) {
  deliveryStats(webhookId: $webhookId, window: $window) {
    ...Statistics
  }
}
    ${StatisticsFragmentDoc}` as unknown as DocumentNode<StatisticsPageQuery, StatisticsPageQueryVariables>;
export const StatisticsChangesDocument = /*#__PURE__*/ gql`
    subscription StatisticsChanges($webhookId: ID, $window: StatsWindow!) {
  deliveryStats(webhookId: $webhookId, window: $window) {
    ...Statistics
  }
}
    ${StatisticsFragmentDoc}` as unknown as DocumentNode<StatisticsChangesSubscription, StatisticsChangesSubscriptionVariables>;
export const WebhookSparklinesDocument = /*#__PURE__*/ gql`
    query WebhookSparklines($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Webhook {
      stats(window: LAST_24_HOURS) {
        succeeded
        failed
        successRate
        series {
          succeeded
          failed
        }
      }
    }
  }
}
    ` as unknown as DocumentNode<WebhookSparklinesQuery, WebhookSparklinesQueryVariables>;
export const TeamsTableDocument = /*#__PURE__*/ gql`
    query TeamsTable($first: Int!, $after: String, $search: String) {
  teams(first: $first, after: $after, search: $search) {
    nodes {
      ...TeamRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    ${TeamRowFragmentDoc}` as unknown as DocumentNode<TeamsTableQuery, TeamsTableQueryVariables>;
export const TeamDetailsDocument = /*#__PURE__*/ gql`
    query TeamDetails($id: ID!) {
  node(id: $id) {
    id
    ... on Team {
      ...TeamRow
    }
  }
}
    ${TeamRowFragmentDoc}` as unknown as DocumentNode<TeamDetailsQuery, TeamDetailsQueryVariables>;
export const TeamMembersDocument = /*#__PURE__*/ gql`
    query TeamMembers($id: ID!, $first: Int!, $after: String) {
  node(id: $id) {
    id
    ... on Team {
      members(first: $first, after: $after) {
        nodes {
          id
          number
          name
          email
          disabled
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
}
    ` as unknown as DocumentNode<TeamMembersQuery, TeamMembersQueryVariables>;
export const ConsoleTeamCreateDocument = /*#__PURE__*/ gql`
    mutation ConsoleTeamCreate($input: TeamInput!) {
  teamCreate(input: $input) {
    errors {
      code
      field
      message
    }
    team {
      ...TeamRow
    }
  }
}
    ${TeamRowFragmentDoc}` as unknown as DocumentNode<ConsoleTeamCreateMutation, ConsoleTeamCreateMutationVariables>;
export const ConsoleTeamUpdateDocument = /*#__PURE__*/ gql`
    mutation ConsoleTeamUpdate($id: ID!, $input: TeamInput!) {
  teamUpdate(id: $id, input: $input) {
    errors {
      code
      field
      message
    }
    team {
      ...TeamRow
    }
  }
}
    ${TeamRowFragmentDoc}` as unknown as DocumentNode<ConsoleTeamUpdateMutation, ConsoleTeamUpdateMutationVariables>;
export const ConsoleTeamDeleteDocument = /*#__PURE__*/ gql`
    mutation ConsoleTeamDelete($id: ID!) {
  teamDelete(id: $id) {
    errors {
      code
      field
      message
    }
    deletedId
  }
}
    ` as unknown as DocumentNode<ConsoleTeamDeleteMutation, ConsoleTeamDeleteMutationVariables>;
export const ConsoleViewerDocument = /*#__PURE__*/ gql`
    query ConsoleViewer {
  viewer {
    id
    number
    name
    email
    permissions
    account {
      id
      number
      name
    }
    teams {
      id
      name
    }
  }
}
    ` as unknown as DocumentNode<ConsoleViewerQuery, ConsoleViewerQueryVariables>;
export const ConsoleWebhookDeleteDocument = /*#__PURE__*/ gql`
    mutation ConsoleWebhookDelete($id: ID!) {
  webhookDelete(id: $id) {
    deletedId
    errors {
      code
      field
      message
    }
  }
}
    ` as unknown as DocumentNode<ConsoleWebhookDeleteMutation, ConsoleWebhookDeleteMutationVariables>;
export const WebhookDetailsDocument = /*#__PURE__*/ gql`
    query WebhookDetails($number: Int!) {
  webhookByNumber(number: $number) {
    ...WebhookDetails
  }
}
    ${WebhookDetailsFragmentDoc}
${EndpointMailboxViewFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}
${SigningSecretViewFragmentDoc}` as unknown as DocumentNode<WebhookDetailsQuery, WebhookDetailsQueryVariables>;
export const WebhookDetailsChangesDocument = /*#__PURE__*/ gql`
    subscription WebhookDetailsChanges {
  webhookChanges {
    id
    kind
  }
}
    ` as unknown as DocumentNode<WebhookDetailsChangesSubscription, WebhookDetailsChangesSubscriptionVariables>;
export const WebhookDetailsSentDocument = /*#__PURE__*/ gql`
    subscription WebhookDetailsSent($after: StreamCursor, $filter: DeliveryFilterInput) {
  deliveryEvents(
    after: $after
    filter: $filter
    mode: LATEST_PER_DELIVERY
    maxBatch: 1000
  ) {
    cursor
    caughtUp
    reset
    events {
      kind
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsSentSubscription, WebhookDetailsSentSubscriptionVariables>;
export const WebhookDetailsUpdateDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsUpdate($id: ID!, $input: WebhookInput!, $expectedVersion: Int) {
  webhookUpdate(id: $id, input: $input, expectedVersion: $expectedVersion) {
    errors {
      code
      field
      message
    }
    webhook {
      ...WebhookDetails
    }
    newSecrets {
      value
      secret {
        id
      }
      endpoint {
        id
        target
      }
    }
  }
}
    ${WebhookDetailsFragmentDoc}
${EndpointMailboxViewFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}
${SigningSecretViewFragmentDoc}` as unknown as DocumentNode<WebhookDetailsUpdateMutation, WebhookDetailsUpdateMutationVariables>;
export const WebhookDetailsEnableDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsEnable($id: ID!) {
  webhookEnable(id: $id) {
    errors {
      code
      field
      message
    }
    webhook {
      ...WebhookDetails
    }
  }
}
    ${WebhookDetailsFragmentDoc}
${EndpointMailboxViewFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}
${SigningSecretViewFragmentDoc}` as unknown as DocumentNode<WebhookDetailsEnableMutation, WebhookDetailsEnableMutationVariables>;
export const WebhookDetailsDisableDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsDisable($id: ID!) {
  webhookDisable(id: $id) {
    errors {
      code
      field
      message
    }
    webhook {
      ...WebhookDetails
    }
  }
}
    ${WebhookDetailsFragmentDoc}
${EndpointMailboxViewFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}
${SigningSecretViewFragmentDoc}` as unknown as DocumentNode<WebhookDetailsDisableMutation, WebhookDetailsDisableMutationVariables>;
export const WebhookDetailsEndpointEnableDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsEndpointEnable($id: ID!) {
  endpointEnable(id: $id) {
    errors {
      code
      field
      message
    }
    endpoint {
      id
      status
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsEndpointEnableMutation, WebhookDetailsEndpointEnableMutationVariables>;
export const WebhookDetailsEndpointDisableDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsEndpointDisable($id: ID!) {
  endpointDisable(id: $id) {
    errors {
      code
      field
      message
    }
    endpoint {
      id
      status
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsEndpointDisableMutation, WebhookDetailsEndpointDisableMutationVariables>;
export const WebhookDetailsTestDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsTest($input: TestEventInput!, $idempotencyKey: String!) {
  testEventSend(input: $input, idempotencyKey: $idempotencyKey) {
    errors {
      code
      field
      message
    }
    deliveries {
      id
      endpoint {
        id
        kind
        target
      }
      event {
        id
      }
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsTestMutation, WebhookDetailsTestMutationVariables>;
export const WebhookDetailsVerificationSendDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsVerificationSend($id: ID!) {
  endpointVerificationSend(id: $id) {
    errors {
      code
      field
      message
    }
    endpoint {
      id
      status
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsVerificationSendMutation, WebhookDetailsVerificationSendMutationVariables>;
export const WebhookDetailsRevealSecretDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsRevealSecret($id: ID!) {
  endpointRevealSecret(id: $id) {
    errors {
      code
      field
      message
    }
    revealed {
      value
      secret {
        id
      }
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsRevealSecretMutation, WebhookDetailsRevealSecretMutationVariables>;
export const WebhookDetailsRotateSecretDocument = /*#__PURE__*/ gql`
    mutation WebhookDetailsRotateSecret($id: ID!, $graceSeconds: Int!, $idempotencyKey: String!) {
  endpointRotateSecret(
    id: $id
    graceSeconds: $graceSeconds
    idempotencyKey: $idempotencyKey
  ) {
    errors {
      code
      field
      message
    }
    revealed {
      value
      secret {
        id
      }
    }
  }
}
    ` as unknown as DocumentNode<WebhookDetailsRotateSecretMutation, WebhookDetailsRotateSecretMutationVariables>;
export const ConsoleWebhooksLinkDocument = /*#__PURE__*/ gql`
    query ConsoleWebhooksLink {
  webhooksLink {
    url
    createdAt
    lastUsedAt
  }
}
    ` as unknown as DocumentNode<ConsoleWebhooksLinkQuery, ConsoleWebhooksLinkQueryVariables>;
export const ConsoleWebhooksLinkRotateDocument = /*#__PURE__*/ gql`
    mutation ConsoleWebhooksLinkRotate {
  webhooksLinkRotate {
    errors {
      code
      field
      message
    }
    link {
      url
      createdAt
      lastUsedAt
    }
  }
}
    ` as unknown as DocumentNode<ConsoleWebhooksLinkRotateMutation, ConsoleWebhooksLinkRotateMutationVariables>;
export const ConsoleWebhooksLinkRevokeDocument = /*#__PURE__*/ gql`
    mutation ConsoleWebhooksLinkRevoke {
  webhooksLinkRevoke {
    errors {
      code
      field
      message
    }
    deletedId
  }
}
    ` as unknown as DocumentNode<ConsoleWebhooksLinkRevokeMutation, ConsoleWebhooksLinkRevokeMutationVariables>;
export const WebhooksTableDocument = /*#__PURE__*/ gql`
    query WebhooksTable($first: Int!, $after: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {
  webhooks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes {
      ...WebhookRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    ${WebhookRowFragmentDoc}` as unknown as DocumentNode<WebhooksTableQuery, WebhooksTableQueryVariables>;
export const WebhooksTableChangesDocument = /*#__PURE__*/ gql`
    subscription WebhooksTableChanges {
  webhookChanges {
    id
    kind
    webhook {
      ...WebhookRow
    }
  }
}
    ${WebhookRowFragmentDoc}` as unknown as DocumentNode<WebhooksTableChangesSubscription, WebhooksTableChangesSubscriptionVariables>;
export const WizardCatalogDocument = /*#__PURE__*/ gql`
    query WizardCatalog {
  catalog {
    id
    name
    label
    description
    allowed
    events {
      name
      label
      description
      supported
    }
  }
}
    ` as unknown as DocumentNode<WizardCatalogQuery, WizardCatalogQueryVariables>;
export const WizardSampleDocument = /*#__PURE__*/ gql`
    query WizardSample($id: ID!) {
  node(id: $id) {
    ... on CatalogResource {
      id
      events {
        name
        examplePayload
      }
    }
  }
}
    ` as unknown as DocumentNode<WizardSampleQuery, WizardSampleQueryVariables>;
export const WizardLoginsDocument = /*#__PURE__*/ gql`
    query WizardLogins($search: String!) {
  logins(first: 20, search: $search) {
    nodes {
      id
      number
      name
      email
    }
  }
}
    ` as unknown as DocumentNode<WizardLoginsQuery, WizardLoginsQueryVariables>;
export const WizardTeamsDocument = /*#__PURE__*/ gql`
    query WizardTeams($search: String!) {
  teams(first: 20, search: $search) {
    nodes {
      id
      number
      name
    }
  }
}
    ` as unknown as DocumentNode<WizardTeamsQuery, WizardTeamsQueryVariables>;
export const WizardDraftsDocument = /*#__PURE__*/ gql`
    query WizardDrafts {
  webhookDrafts {
    id
    name
    updatedAt
    expiresAt
  }
}
    ` as unknown as DocumentNode<WizardDraftsQuery, WizardDraftsQueryVariables>;
export const WizardDraftDocument = /*#__PURE__*/ gql`
    query WizardDraft($id: ID!) {
  webhookDraft(id: $id) {
    ...WizardDraftParts
  }
}
    ${WizardDraftPartsFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}
${WizardProblemFragmentDoc}` as unknown as DocumentNode<WizardDraftQuery, WizardDraftQueryVariables>;
export const WizardStartDocument = /*#__PURE__*/ gql`
    mutation WizardStart($input: WebhookDetailsInput) {
  webhookDraftCreate(input: $input) {
    errors {
      ...WizardProblem
    }
    draft {
      ...WizardDraftParts
    }
  }
}
    ${WizardProblemFragmentDoc}
${WizardDraftPartsFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}` as unknown as DocumentNode<WizardStartMutation, WizardStartMutationVariables>;
export const WizardSetDetailsDocument = /*#__PURE__*/ gql`
    mutation WizardSetDetails($id: ID!, $version: Int, $input: WebhookDetailsInput!) {
  webhookDraftSetDetails(id: $id, expectedVersion: $version, input: $input) {
    errors {
      ...WizardProblem
    }
    draft {
      ...WizardDraftParts
    }
  }
}
    ${WizardProblemFragmentDoc}
${WizardDraftPartsFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}` as unknown as DocumentNode<WizardSetDetailsMutation, WizardSetDetailsMutationVariables>;
export const WizardSetEndpointsDocument = /*#__PURE__*/ gql`
    mutation WizardSetEndpoints($id: ID!, $version: Int, $input: [EndpointInput!]!) {
  webhookDraftSetEndpoints(id: $id, expectedVersion: $version, input: $input) {
    errors {
      ...WizardProblem
    }
    draft {
      ...WizardDraftParts
    }
  }
}
    ${WizardProblemFragmentDoc}
${WizardDraftPartsFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}` as unknown as DocumentNode<WizardSetEndpointsMutation, WizardSetEndpointsMutationVariables>;
export const WizardSetTriggersDocument = /*#__PURE__*/ gql`
    mutation WizardSetTriggers($id: ID!, $version: Int, $input: [TriggerInput!]!) {
  webhookDraftSetTriggers(id: $id, expectedVersion: $version, input: $input) {
    errors {
      ...WizardProblem
    }
    draft {
      ...WizardDraftParts
    }
  }
}
    ${WizardProblemFragmentDoc}
${WizardDraftPartsFragmentDoc}
${EndpointAuthenticationViewFragmentDoc}` as unknown as DocumentNode<WizardSetTriggersMutation, WizardSetTriggersMutationVariables>;
export const WizardSaveDocument = /*#__PURE__*/ gql`
    mutation WizardSave($id: ID!) {
  webhookDraftSave(id: $id) {
    errors {
      ...WizardProblem
    }
    draft {
      id
      version
    }
    webhook {
      id
      number
      name
      status
      statusReason
      endpoints {
        id
        kind
        target
        status
        statusReason
        advanced {
          signing
        }
      }
    }
    newSecrets {
      endpoint {
        id
        target
      }
      secret {
        id
      }
      value
    }
  }
}
    ${WizardProblemFragmentDoc}` as unknown as DocumentNode<WizardSaveMutation, WizardSaveMutationVariables>;
export const WizardDiscardDocument = /*#__PURE__*/ gql`
    mutation WizardDiscard($id: ID!) {
  webhookDraftDiscard(id: $id) {
    errors {
      ...WizardProblem
    }
    deletedId
  }
}
    ${WizardProblemFragmentDoc}` as unknown as DocumentNode<WizardDiscardMutation, WizardDiscardMutationVariables>;