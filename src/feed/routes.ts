/**
 * The addresses of a Create Webhooks link: /link/<secret>, and below it the page, the two feeds, the REST hooks and their
 * description. The secret is all that is asked for. Answers are never stored, and tell no other site where they came from.
 * What a browser opens gets the page, what a program asks for gets the feed.
 */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';

import type { Access } from '../access/access.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { entityTag, isNamed } from './entity-tag.ts';
import { type Feed, mayFollow } from './feed.ts';
import type { InformationPage } from './information-page.ts';
import { cloudEventsBatch, jsonArray, jsonItem, sampleItem } from './item.ts';
import { openApi } from './openapi.ts';
import { type FeedMode, type FeedParameters, readParameters } from './parameters.ts';
import { NO_LINK, type Refusal, refusalOf, refuse } from './refusals.ts';
import { pickSamples } from './samples.ts';
import type { SubscriptionInput, Subscriptions } from './subscriptions.ts';

/** What the addresses are made of. */
export interface LinkRoutesOptions {
  access: Pick<Access, 'viewerOfLink'>;
  catalog: Pick<Catalog, 'list'>;
  feed: Feed;
  subscriptions: Subscriptions;
  page: InformationPage;
  /** Where users reach the server, without a slash at the end. */
  address: () => string;
}

/** Media types. */
const JSON_TYPE = 'application/json';
const BATCH_TYPE = 'application/cloudevents-batch+json';

/** Requests of one link that wait for notifications at the same time, in this process. */
const MAX_WAITING = 20;
/** A subscription is some hundred bytes. */
const MAX_BODY_BYTES = 16 * 1024;

const FORBIDDEN: Refusal = {
  status: 403,
  code: 'FORBIDDEN',
  title: 'This login may not see that',
  detail:
    'The login of this link may not read what was asked for: webhooks need the permission WEBHOOKS_MANAGE or the membership of a team, scope=portfolio needs WEBHOOKS_MANAGE or EVENTS_PUBLISH.',
};

interface Asked {
  viewer: Viewer;
  /** The whole address of the link. */
  link: string;
  /** Its secret. */
  secret: string;
}

type Answer = (asked: Asked, request: Request, response: Response) => Promise<void>;

/** The routes, to be hung under /link. */
export function linkRoutes(options: LinkRoutesOptions): Router {
  const { access, catalog, feed, subscriptions, page, address } = options;
  const waiting = new Map<string, number>();
  const router = Router({ strict: false });

  const answered =
    (answer: Answer): RequestHandler =>
    async (request, response) => {
      const secret = String(request.params['secret']);
      const viewer = await access.viewerOfLink(secret);
      if (viewer === undefined) return refuse(response, NO_LINK);
      await answer({ viewer, secret, link: `${address()}/link/${secret}` }, request, response);
    };

  const information: Answer = async ({ viewer, link }, _request, response) => {
    const { body, policy } = await page.of(viewer, link);
    response.set('Content-Security-Policy', policy).type('html').send(body);
  };

  const newest: Answer = async ({ viewer }, request, response) => {
    const asked = parametersOf(request, 'newest', viewer);
    if ('status' in asked) return refuse(response, asked);
    const items = await feed.newest(viewer, asked.filter, asked.limit, asked.since);
    const samples =
      items.length > 0 || asked.since !== null ? [] : pickSamples(await catalog.list(), asked.filter, 1);
    const body = jsonArray(items.length > 0 ? items.map(jsonItem) : samples.map(sampleItem));
    const tag = entityTag(body);
    response.set({ ETag: tag, Vary: 'Accept' });
    if (isNamed(request.get('if-none-match'), tag)) return void response.status(304).end();
    response.type(JSON_TYPE).send(body);
  };

  const forward: Answer = async ({ viewer, secret }, request, response) => {
    const asked = parametersOf(request, 'forward', viewer);
    if ('status' in asked) return refuse(response, asked);
    const before = waiting.get(viewer.credentialId) ?? 0;
    if (asked.timeoutMs > 0 && before >= MAX_WAITING) return refuse(response, tooMany(response));
    const aborted = new AbortController();
    response.on('close', () => aborted.abort());
    waiting.set(viewer.credentialId, before + 1);
    try {
      const { limit, timeoutMs: waitMs } = asked;
      const renew = () => access.viewerOfLink(secret);
      const found = await feed.after(
        asked.lastEventId,
        asked.filter,
        { limit, waitMs },
        renew,
        aborted.signal,
      );
      if ('ended' in found) return refuse(response, NO_LINK);
      if ('lost' in found) return refuse(response, lost(found.lost));
      // A charset parameter is none of this media type's; JSON is UTF-8.
      response.setHeader('Content-Type', BATCH_TYPE);
      response.end(cloudEventsBatch(found.items));
    } finally {
      const left = waiting.get(viewer.credentialId)! - 1;
      if (left === 0) waiting.delete(viewer.credentialId);
      else waiting.set(viewer.credentialId, left);
    }
  };

  const negotiated: Answer = (asked, request, response) => {
    response.set('Vary', 'Accept');
    // The first of these that the caller takes: curl takes anything, and gets JSON.
    const type = request.accepts([JSON_TYPE, BATCH_TYPE, 'text/html']);
    if (type === 'text/html') return information(asked, request, response);
    if (type === BATCH_TYPE) return forward(asked, request, response);
    if (type === JSON_TYPE) return newest(asked, request, response);
    refuse(response, {
      status: 406,
      code: 'NOT_ACCEPTABLE',
      title: 'None of the media types that are accepted can be had',
      detail: `There are text/html (the page), ${JSON_TYPE} (the newest notifications) and ${BATCH_TYPE} (those behind an event).`,
    });
    return Promise.resolve();
  };

  const samples: Answer = async (_asked, request, response) => {
    const { resource = null, event = null } = request.query as Record<string, string | undefined>;
    const found = pickSamples(await catalog.list(), { resource, event }, Infinity);
    response.type(JSON_TYPE).send(jsonArray(found.map(sampleItem)));
  };

  const subscribed: Answer = async ({ viewer }, _request, response) => {
    const all = await catalog.list();
    const listed = (await subscriptions.list(viewer)).map((one) => ({
      ...one,
      sample: pickSamples(all, one, 1).map((found) => JSON.parse(sampleItem(found)) as object)[0] ?? null,
    }));
    response.json(listed);
  };

  const subscribe: Answer = async ({ viewer, link }, request, response) => {
    if (typeof request.body !== 'object' || request.body === null || Array.isArray(request.body))
      return refuse(response, {
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
        title: 'The body is not a JSON object',
        detail: 'Send {"targetUrl": …, "resource": …, "event": …} as application/json.',
      });
    const made = await subscriptions.subscribe(viewer, request.body as SubscriptionInput);
    if (!made.ok) return refuse(response, refusalOf(made.problems));
    const { subscription, signingSecret } = made.value;
    response.status(201).set('Location', `${link}/subscriptions/${subscription.id}`);
    response.json({ ...subscription, signingSecret });
  };

  const readOne: Answer = async ({ viewer }, request, response) => {
    const found = await subscriptions.find(viewer, String(request.params['id']));
    if (!found.ok) return refuse(response, refusalOf(found.problems));
    response.json(found.value);
  };

  const unsubscribe: Answer = async ({ viewer }, request, response) => {
    const ended = await subscriptions.unsubscribe(viewer, String(request.params['id']));
    if (!ended.ok) return refuse(response, refusalOf(ended.problems));
    response.status(204).end();
  };

  const description: Answer = ({ link }, _request, response) => {
    response.json(openApi(link));
    return Promise.resolve();
  };

  router.use((_request, response, next) => {
    response.set('X-Robots-Tag', 'noindex');
    next();
  });
  const json = express.json({ limit: MAX_BODY_BYTES, inflate: false });
  router.get('/:secret', answered(negotiated));
  router.get('/:secret/info', answered(information));
  router.get('/:secret/events', answered(newest));
  router.get('/:secret/feed', answered(forward));
  router.get('/:secret/samples', answered(samples));
  router.get('/:secret/openapi.json', answered(description));
  router.get('/:secret/subscriptions', answered(subscribed));
  router.post('/:secret/subscriptions', json, answered(subscribe));
  router.get('/:secret/subscriptions/:id', answered(readOne));
  router.delete('/:secret/subscriptions/:id', answered(unsubscribe));
  router.use((_request, response) => refuse(response, NO_LINK));
  return router;
}

function parametersOf(request: Request, mode: FeedMode, viewer: Viewer): FeedParameters | Refusal {
  const read = readParameters(new URL(request.url, 'http://any').searchParams, mode);
  if (!read.ok) return read.refusal;
  return mayFollow(viewer, read.value.filter.scope) ? read.value : FORBIDDEN;
}

function lost(how: 'EXPIRED' | 'UNKNOWN'): Refusal {
  const again =
    'Begin again without lastEventId, from the oldest notification that is kept, or fetch the newest ones at /events and go on behind the first of them.';
  return how === 'EXPIRED'
    ? {
        status: 410,
        code: 'CURSOR_EXPIRED',
        title: 'The event of lastEventId is not kept any more',
        detail: `What came behind it may be gone, too. ${again}`,
      }
    : {
        status: 410,
        code: 'CURSOR_UNKNOWN',
        title: 'No event has the id of lastEventId',
        detail: `Give the id of a notification as it came, such as evt_01h…. ${again}`,
      };
}

function tooMany(response: Response): Refusal {
  response.set('Retry-After', '1');
  return {
    status: 429,
    code: 'RATE_LIMITED',
    title: 'Too many requests of this link wait',
    detail: `At most ${MAX_WAITING} requests of one link may wait for notifications at the same time.`,
  };
}
