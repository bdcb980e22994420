/** What is asked of the big database: every list, in every order, with every filter, from both ends and in the middle. */
import { type Caller, CALLERS } from './callers.ts';
import { fixedId, NAMES, PEOPLE } from './fill.ts';

/** One question: an operation of the API, or an address below a Create Webhooks link. */
export interface Question {
  name: string;
  by: Caller;
  /** How many rows must come at least; 1 where nothing is said. */
  rows?: number;
  /** How many rows a statement of it may look at, where more than of a page. */
  reads?: number;
  operation?: { query: string; variables: Record<string, unknown> };
  path?: string;
  /** The position of the page in the list: behind or before which page it is, which is asked first. */
  behind?: { query: string; variables: Record<string, unknown>; end: 'after' | 'before' };
}

const WEBHOOKS = `query Webhooks($first: Int, $after: String, $last: Int, $before: String, $filter: WebhookFilterInput, $orderBy: [WebhookOrderInput!]) {
  list: webhooks(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    pageInfo { startCursor endCursor }
    nodes {
      id number name description status statusReason version createdAt updatedAt
      login { id name } forLogin { id name } team { id name }
      endpoints { id kind target status }
      triggers { id resource event label active inactiveReason }
    }
  }
}`;
const DELIVERIES = `query Deliveries($first: Int, $after: String, $last: Int, $before: String, $filter: DeliveryFilterInput) {
  list: deliveries(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    pageInfo { startCursor endCursor }
    nodes {
      id status createdAt completedAt nextAttemptAt attemptCount webhookNumber failure { code }
      webhook { id number name } endpoint { id target } event { id resource name entityId }
      latestAttempt { id outcome startedAt durationMs response { statusCode } }
    }
  }
}`;
const EVENTS = `query Events($first: Int, $after: String, $last: Int, $before: String, $filter: EventFilterInput) {
  list: events(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    pageInfo { startCursor endCursor }
    nodes { id resource name entityId occurredAt login { id name } }
  }
}`;
const AUDIT = `query Audit($after: String, $subjectId: ID) {
  list: auditLog(first: 100, after: $after, subjectId: $subjectId) {
    pageInfo { endCursor } nodes { id at action subjectId changes login { id name } }
  }
}`;
const counting = (list: 'deliveries' | 'events', input: string) =>
  `query Count($filter: ${input}) { list: ${list}(first: 0, filter: $filter) { count(limit: 10000) { value precision } } }`;
const TOTAL = `query Total($filter: WebhookFilterInput) { list: webhooks(first: 0, filter: $filter) { totalCount } }`;

const first = { first: 50 };
const last = { last: 50 };
/** Both ends, and a page behind or before each of them. */
function pages(
  name: string,
  by: Caller,
  query: string,
  variables: Record<string, unknown>,
  rows = 1,
): Question[] {
  const asked = (ends: Record<string, unknown>) => ({ query, variables: { ...variables, ...ends } });
  return [
    { name, by, rows, operation: asked(first) },
    { name: `${name}, from the end`, by, rows, operation: asked(last) },
    {
      name: `${name}, second page`,
      by,
      rows: 0,
      operation: asked(first),
      behind: { ...asked(first), end: 'after' },
    },
    {
      name: `${name}, last but one`,
      by,
      rows: 0,
      operation: asked(last),
      behind: { ...asked(last), end: 'before' },
    },
  ];
}
const one = (
  name: string,
  by: Caller,
  query: string,
  variables: Record<string, unknown>,
  rows = 1,
): Question => ({
  name,
  by,
  rows,
  operation: { query, variables: { ...first, ...variables } },
});

const ORDERS = ['NUMBER', 'NAME', 'DESCRIPTION', 'LOGIN', 'FOR_LOGIN', 'TEAM', 'CREATED_AT', 'UPDATED_AT'];

function aboutWebhooks(by: Caller): Question[] {
  const filters: Record<string, Record<string, unknown>> = {
    'search of 1': { search: 'a' },
    'search of 1, rare': { search: 'z' },
    'search of 2': { search: 'b1' },
    'search of 2, rare': { search: 'zz' },
    'search of 3': { search: 'a1b' },
    'search of a word': { search: 'billing' },
    'search of nothing': { search: 'nobody has this' },
    'search of a number': { search: '137' },
    'search of a login': { search: 'login1003@' },
    ENABLED: { status: ['ENABLED'] },
    DISABLED: { status: ['DISABLED'] },
    INACTIVE: { status: ['INACTIVE'] },
    AUTO_DISABLED: { status: ['AUTO_DISABLED'] },
    'INACTIVE or AUTO_DISABLED': { status: ['INACTIVE', 'AUTO_DISABLED'] },
    'one login': { loginId: fixedId('lgn', by === 'tiny' ? PEOPLE.tiny : 1_100) },
    'for one login': { forLoginId: fixedId('lgn', 1_101) },
    'one team': { teamId: fixedId('tem', 7) },
    'one resource': { resource: 'resource3' },
    'a rare resource': { resource: NAMES.rareResource },
    'the last day': { createdAt: { from: daysAgo(1) } },
  };
  return [
    ...ORDERS.flatMap((field) =>
      pages(`webhooks by ${field}`, by, WEBHOOKS, { orderBy: [{ field, direction: 'ASC' }] }),
    ),
    ...Object.entries(filters).flatMap(([name, filter]) => [
      one(`webhooks, ${name}`, by, WEBHOOKS, { filter }, 0),
      one(
        `webhooks, ${name}, by NAME`,
        by,
        WEBHOOKS,
        { filter, orderBy: [{ field: 'NAME', direction: 'ASC' }] },
        0,
      ),
      counted(`webhooks, ${name}, totalCount`, by, TOTAL, { filter }),
    ]),
    counted('webhooks, totalCount', by, TOTAL, {}),
  ];
}

/** A count that ends at a limit has as many rows to look at as it counts, and for each at its webhook and its event. */
const LIMITED_READS = 45_000;
/** An exact one has all webhooks and their triggers. */
const EXACT_READS = 220_000;

const counted = (name: string, by: Caller, query: string, variables: Record<string, unknown>): Question => ({
  name,
  by,
  rows: 0,
  reads: query === TOTAL ? EXACT_READS : LIMITED_READS,
  operation: { query, variables },
});

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}

/** Webhooks that belong to a caller, so that its filters find something. */
const WEBHOOK_OF: Record<Caller, number> = {
  root: 5_000,
  above: 5_000,
  large: 5_000,
  sparse: 0,
  tiny: 137,
  member: 502,
  dormant: 137,
};

function aboutDeliveries(by: Caller, webhooks: number): Question[] {
  const webhook = by === 'sparse' ? Math.floor(webhooks / 20) * 20 - 1 : WEBHOOK_OF[by];
  const filters: Record<string, Record<string, unknown>> = {
    webhookId: { webhookId: fixedId('whk', webhook) },
    webhookNumber: { webhookNumber: webhook },
    endpointId: { endpointId: fixedId('ep', webhook) },
    SUCCEEDED: { status: ['SUCCEEDED'] },
    FAILED: { status: ['FAILED'] },
    'CANCELLED, rare': { status: ['CANCELLED'] },
    'PENDING or RETRY_SCHEDULED': { status: ['PENDING', 'RETRY_SCHEDULED'] },
    'FAILED or CANCELLED': { status: ['FAILED', 'CANCELLED'] },
    'code 200': { statusCode: [200] },
    'code 204': { statusCode: [204] },
    'code 500': { statusCode: [500] },
    'code 418, rare': { statusCode: [418] },
    'code 503, none': { statusCode: [503] },
    'code 418 or 404': { statusCode: [418, 404] },
    'an entity': { entityId: 'e77' },
    "a tiny account's entity": { entityId: NAMES.tinyEntity },
    'a hot entity': { entityId: NAMES.hotEntity },
    'a warm entity': { entityId: NAMES.warmEntity },
    'no entity': { entityId: 'nothing' },
    resource: { resource: 'resource3' },
    'a rare resource': { resource: NAMES.rareResource },
    event: { event: 'update' },
    'a rare event': { event: NAMES.rareEvent },
    'a rare event of a resource': { event: NAMES.rareEvent, resource: 'resource3' },
    'no event': { event: 'archived' },
    'an hour': { createdAt: { from: daysAgo(30), to: daysAgo(30 - 1 / 24) } },
    'until a month ago': { createdAt: { to: daysAgo(30) } },
    'search of a number': { search: String(webhook) },
    'search of a name': { search: 'billing' },
    'search of a code in a name': { search: 'a1b2' },
    'search of an entity': { search: 'e77' },
    'search of nothing': { search: 'nobody has this' },
    'FAILED with 418 of a resource': { status: ['FAILED'], statusCode: [418], resource: 'resource3' },
    'FAILED of a webhook': { status: ['FAILED'], webhookId: fixedId('whk', webhook) },
    'CANCELLED until a month ago': { status: ['CANCELLED'], createdAt: { to: daysAgo(30) } },
    'code 500 of a hot entity': { statusCode: [500], entityId: NAMES.hotEntity },
  };
  return [
    ...pages('deliveries', by, DELIVERIES, {}),
    ...Object.entries(filters).flatMap(([name, filter]) => [
      one(`deliveries, ${name}`, by, DELIVERIES, { filter }, 0),
      {
        name: `deliveries, ${name}, from the end`,
        by,
        rows: 0,
        operation: { query: DELIVERIES, variables: { ...last, filter } },
      },
      counted(`deliveries, ${name}, count`, by, counting('deliveries', 'DeliveryFilterInput'), { filter }),
    ]),
    counted('deliveries, count', by, counting('deliveries', 'DeliveryFilterInput'), {}),
    ...(['EVERY_EVENT', 'LATEST_PER_DELIVERY'] as const).map((mode) =>
      one(
        `deliveryEvents, ${mode}`,
        by,
        `query Poll { list: deliveryEvents(first: 200, mode: ${mode}) { cursor caughtUp events { kind at delivery { id status webhookNumber } } } }`,
        {},
        0,
      ),
    ),
    one(
      'deliveryEvents, of one webhook',
      by,
      `query Poll($filter: DeliveryFilterInput) { list: deliveryEvents(first: 200, filter: $filter) { cursor caughtUp events { kind at delivery { id status } } } }`,
      { filter: { webhookId: fixedId('whk', webhook) } },
      0,
    ),
  ];
}

function aboutEvents(by: Caller): Question[] {
  const filters: Record<string, Record<string, unknown>> = {
    resource: { resource: ['resource3'] },
    'a rare resource': { resource: [NAMES.rareResource] },
    'no resource': { resource: ['gone'] },
    name: { name: ['update'] },
    'a rare name': { name: [NAMES.rareEvent] },
    'a rare name of a resource': { name: [NAMES.rareEvent], resource: ['resource3'] },
    'a rare name, until a month ago': { name: [NAMES.rareEvent], occurredAt: { to: daysAgo(30) } },
    'no name': { name: ['archived'] },
    'an entity': { entityId: 'e77' },
    "a tiny account's entity": { entityId: NAMES.tinyEntity },
    'a hot entity': { entityId: NAMES.hotEntity },
    'a login': { loginId: fixedId('lgn', by === 'tiny' ? PEOPLE.tiny : 1_100) },
    'an hour': { occurredAt: { from: daysAgo(30), to: daysAgo(30 - 1 / 24) } },
    'until a month ago': { occurredAt: { to: daysAgo(30) } },
    delivered: { delivered: true },
    'not delivered': { delivered: false },
    'not delivered, until a month ago': { delivered: false, occurredAt: { to: daysAgo(30) } },
    'delivered, a hot entity': { delivered: true, entityId: NAMES.hotEntity },
  };
  return [
    ...pages('events', by, EVENTS, {}),
    ...Object.entries(filters).flatMap(([name, filter]) => [
      one(`events, ${name}`, by, EVENTS, { filter }, 0),
      {
        name: `events, ${name}, from the end`,
        by,
        rows: 0,
        operation: { query: EVENTS, variables: { ...last, filter } },
      },
      counted(`events, ${name}, count`, by, counting('events', 'EventFilterInput'), { filter }),
    ]),
    counted('events, count', by, counting('events', 'EventFilterInput'), {}),
  ];
}

function aboutFeeds(by: Caller): Question[] {
  const scopes = by === 'member' ? [''] : ['', 'scope=portfolio&'];
  return scopes.flatMap((scope) =>
    [
      '',
      'resource=resource3',
      `resource=${NAMES.rareResource}`,
      'event=update',
      `event=${NAMES.rareEvent}`,
      'event=archived',
      `webhook=${by === 'sparse' ? 501 : WEBHOOK_OF[by]}`,
      `since=${daysAgo(1)}`,
    ].flatMap((filter) => [
      { name: `/events?${scope}${filter.split('T')[0]}`, by, rows: 0, path: `/events?${scope}${filter}` },
      ...(filter.startsWith('since')
        ? []
        : [{ name: `/feed?${scope}${filter}`, by, rows: 0, path: `/feed?${scope}${filter}` }]),
    ]),
  );
}

function aboutPeople(by: Caller): Question[] {
  const logins = `query Logins($search: String) { list: logins(first: 100, search: $search) { totalCount nodes { id number name email account { id name } teams { id name } } } }`;
  const teams = `query Teams($search: String) { list: teams(first: 100, search: $search) { totalCount nodes { id number name members(first: 5) { nodes { id } } } } }`;
  return [
    ...[null, 'a', 'ha', 'han', 'login1003@', 'nobody has this'].flatMap((search) => [
      { ...one(`logins, search ${search}`, by, logins, { search }, 0), reads: 30_000 },
      { ...one(`teams, search ${search}`, by, teams, { search }, 0), reads: 30_000 },
    ]),
    one(
      'children of a login',
      by,
      `query Children($id: ID!) { list: node(id: $id) { ... on Login { children(first: 100) { nodes { id number } } } } }`,
      { id: fixedId('lgn', by === 'root' || by === 'above' ? PEOPLE.large : PEOPLE[by]) },
      0,
    ),
  ];
}

function aboutObjects(by: Caller): Question[] {
  const webhook = by === 'sparse' ? 0 : WEBHOOK_OF[by];
  return [
    ...pages('audit log', by, AUDIT, {}).slice(0, by === 'member' ? 0 : 1),
    ...(by === 'member'
      ? []
      : [one('audit log of a webhook', by, AUDIT, { subjectId: fixedId('whk', webhook) }, 0)]),
    ...(webhook === 0
      ? []
      : [
          one(
            'a webhook with its lists',
            by,
            `query Whole($id: ID!) { list: webhook(id: $id) { id name status endpoints { id target status secrets { id hint } } triggers { id label active }
             login { id name } deliveries(first: 50) { nodes { id status event { id } attempts(first: 5) { totalCount nodes { id } } } } } }`,
            { id: fixedId('whk', webhook) },
          ),
          one(
            'nodes',
            by,
            `query Nodes($ids: [ID!]!) { list: nodes(ids: $ids) { id } }`,
            {
              ids: [fixedId('whk', webhook), fixedId('ep', webhook), fixedId('trg', webhook * 3)],
            },
            0,
          ),
        ]),
  ];
}

/** All of them. */
export function allQuestions(size: { webhooks: number }): Question[] {
  const asked = CALLERS.flatMap((by) => [
    ...aboutWebhooks(by),
    ...aboutDeliveries(by, size.webhooks),
    ...(by === 'member' ? [] : aboutEvents(by)),
    ...aboutFeeds(by),
    ...aboutPeople(by),
    ...aboutObjects(by),
  ]);
  // Of all else it has little or nothing, as the tiny one.
  return [...asked, ...aboutEvents('dormant'), ...aboutFeeds('dormant')];
}
