/** The addresses of a link as an OpenAPI 3.1 document, made for one link. */
import { DEFAULT_LIMIT, MAX_LIMIT, MAX_TIMEOUT_MS } from './parameters.ts';

const text = { type: 'string' };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ 'application/json': { schema } });
const list = (name: string) => ({ type: 'array', items: ref(name) });
const refusal = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});
const query = (name: string, schema: object, description: string) => ({
  name,
  in: 'query',
  required: false,
  description,
  schema,
});

const NOT_FOUND = { 404: refusal('The link is not one, or not any more.') };
const FILTERS = [
  query(
    'scope',
    { enum: ['webhooks', 'portfolio'], default: 'webhooks' },
    'webhooks: events that fired a webhook which the login may see. portfolio: everything that happens in its account and below.',
  ),
  query('resource', text, 'Only events of this resource.'),
  query('event', text, 'Only events of this name.'),
  query('webhook', text, 'Only what fired this webhook: its number or its id.'),
  query(
    'limit',
    { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT },
    'The most notifications of one answer.',
  ),
];
const ID = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The id that subscribing returned.',
  schema: text,
};

const NEWEST = {
  operationId: 'newestNotifications',
  summary: 'The newest notifications, the newest first',
  description:
    'Ids are stable and never used again, so that a poller can leave out what it has seen. While there is nothing yet the array holds one sample, marked with "sample": true.',
  parameters: [
    ...FILTERS,
    query(
      'since',
      { type: 'string', format: 'date-time' },
      'Only what was published then or later; no sample then.',
    ),
    { name: 'If-None-Match', in: 'header', schema: text, description: 'The ETag of the answer before.' },
  ],
  responses: {
    200: {
      description: 'The notifications.',
      headers: {
        ETag: { schema: text, description: 'Give it back as If-None-Match, for a 304 while nothing is new.' },
      },
      content: json(list('Notification')),
    },
    304: { description: 'Nothing has changed.' },
    400: refusal('A parameter is wrong.'),
    403: refusal('The login of the link may not see that.'),
    ...NOT_FOUND,
  },
};

const FORWARD = {
  operationId: 'notificationsAfter',
  summary: 'The notifications behind an event, the oldest first',
  description:
    'Go on with the id of the last one of each answer: nothing is missed and nothing comes twice, whatever is published meanwhile.',
  parameters: [
    ...FILTERS,
    query(
      'lastEventId',
      text,
      'The id of the last notification that was read; without it from the oldest that is kept.',
    ),
    query(
      'timeout',
      { type: 'integer', minimum: 0, maximum: MAX_TIMEOUT_MS, default: 0 },
      'How long to wait for a notification where there is none, in milliseconds.',
    ),
  ],
  responses: {
    200: {
      description: 'The notifications; an empty array where there are none (in time).',
      content: { 'application/cloudevents-batch+json': { schema: list('CloudEvent') } },
    },
    400: refusal('A parameter is wrong.'),
    403: refusal('The login of the link may not see that.'),
    ...NOT_FOUND,
    410: refusal('The event of lastEventId is not kept any more, or there is none of that id.'),
    429: refusal('Too many requests of this link wait.'),
  },
};

const NOTIFICATION = {
  type: 'object',
  required: ['id', 'type', 'timestamp', 'resource', 'event', 'entityId', 'webhookNumbers', 'data'],
  properties: {
    id: { ...text, description: 'The id of the event.' },
    type: { ...text, description: 'resource.event' },
    timestamp: { type: 'string', format: 'date-time', description: 'When it happened.' },
    resource: text,
    event: text,
    entityId: { ...text, description: 'Which entity it happened to.' },
    webhookNumbers: {
      type: 'array',
      items: { type: 'integer' },
      description: 'The webhooks that it fired, as far as the login may see them.',
    },
    sample: { const: true, description: 'Stands in samples alone.' },
    data: { description: 'The entity as it was published; null once it is not kept any more.' },
  },
};

const CLOUD_EVENT = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'time'],
  properties: {
    specversion: { const: '1.0' },
    id: { ...text, description: 'The id of the event.' },
    source: text,
    type: { ...text, description: 'resource.event' },
    subject: { ...text, description: 'Which entity it happened to.' },
    time: { type: 'string', format: 'date-time' },
    webhooknumbers: {
      ...text,
      description: 'The numbers of the webhooks that it fired, with blanks between.',
    },
    datacontenttype: text,
    data: { description: 'The entity as it was published; left out once it is not kept any more.' },
  },
};

const SUBSCRIPTION = {
  type: 'object',
  required: ['id', 'webhookNumber', 'name', 'targetUrl', 'resource', 'event', 'status', 'createdAt'],
  properties: {
    id: text,
    webhookNumber: { type: 'integer' },
    name: text,
    targetUrl: text,
    resource: text,
    event: text,
    status: { enum: ['ENABLED', 'DISABLED', 'INACTIVE', 'AUTO_DISABLED'] },
    statusReason: { type: ['string', 'null'] },
    createdAt: { type: 'string', format: 'date-time' },
  },
};

const PATHS = {
  '/': {
    get: {
      operationId: 'information',
      summary: 'The page for people, or the newest notifications for programs, by the Accept header',
      responses: {
        200: {
          description: 'The page, or what the two feeds answer.',
          content: {
            'text/html': { schema: text },
            ...json(list('Notification')),
            'application/cloudevents-batch+json': { schema: list('CloudEvent') },
          },
        },
        ...NOT_FOUND,
        406: refusal('None of the accepted media types can be had.'),
      },
    },
  },
  '/info': {
    get: {
      operationId: 'page',
      summary: 'The page for people',
      responses: {
        200: { description: 'The page.', content: { 'text/html': { schema: text } } },
        ...NOT_FOUND,
      },
    },
  },
  '/events': { get: NEWEST },
  '/feed': { get: FORWARD },
  '/samples': {
    get: {
      operationId: 'samples',
      summary: 'A sample of each event that can be listened to',
      parameters: [FILTERS[1], FILTERS[2]],
      responses: {
        200: { description: 'The samples.', content: json(list('Notification')) },
        ...NOT_FOUND,
      },
    },
  },
  '/subscriptions': {
    get: {
      operationId: 'subscriptions',
      summary: 'The subscriptions that were made by this login, each with a sample',
      responses: {
        200: { description: 'The subscriptions.', content: json(list('Subscription')) },
        ...NOT_FOUND,
      },
    },
    post: {
      operationId: 'subscribe',
      summary: 'Subscribes an address to an event (REST hooks)',
      description:
        'No handshake is asked for. The subscription is a webhook, in the table like any other. An answer of 410 from the address ends it.',
      requestBody: {
        required: true,
        content: json({
          type: 'object',
          required: ['targetUrl', 'resource', 'event'],
          properties: { targetUrl: text, resource: text, event: text, name: { ...text, maxLength: 200 } },
        }),
      },
      responses: {
        201: {
          description: 'Subscribed. signingSecret is in this answer only.',
          headers: { Location: { schema: text, description: 'The address of the subscription.' } },
          content: json({
            allOf: [
              ref('Subscription'),
              { type: 'object', properties: { signingSecret: { type: ['string', 'null'] } } },
            ],
          }),
        },
        403: refusal('The login of the link may not manage webhooks.'),
        ...NOT_FOUND,
        413: refusal('The body is too large.'),
        415: refusal('The body is not a JSON object.'),
        422: refusal('What was given has problems; each names its field.'),
      },
    },
  },
  '/subscriptions/{id}': {
    parameters: [ID],
    get: {
      operationId: 'subscription',
      summary: 'One subscription',
      responses: {
        200: { description: 'The subscription.', content: json(ref('Subscription')) },
        ...NOT_FOUND,
      },
    },
    delete: {
      operationId: 'unsubscribe',
      summary: 'Ends a subscription, and cancels what waits for it',
      responses: { 204: { description: 'It is gone.' }, ...NOT_FOUND },
    },
  },
};

/** The document; link is the whole address of the link, which all paths begin with. */
export function openApi(link: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Webhooks: pull and subscribe',
      version: '1',
      description:
        'What a holder of a Create Webhooks link can ask for. The address is the credential: keep it secret.',
    },
    servers: [{ url: link }],
    security: [],
    paths: PATHS,
    components: {
      schemas: {
        Notification: NOTIFICATION,
        CloudEvent: CLOUD_EVENT,
        Subscription: SUBSCRIPTION,
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'detail', 'code'],
          properties: {
            type: text,
            title: text,
            status: { type: 'integer' },
            detail: text,
            code: text,
            problems: {
              type: 'array',
              items: {
                type: 'object',
                properties: { code: text, field: { type: ['string', 'null'] }, message: text },
              },
            },
          },
        },
      },
    },
  };
}
