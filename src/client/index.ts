/**
 * A client for Bellwire's subscriptions, in browsers and in Node: a small wrapper round graphql-ws that
 * goes on after each break from the last cursor. `import { createLiveClient } from 'bellwire/client'`.
 */
export type { ConnectionOptions, LiveEnd, Timing } from './connection.ts';
export { createLiveClient, type LiveClient, type LiveClientOptions } from './live-client.ts';
export type { Polling } from './polling.ts';
export { resumable } from './resumable.ts';
export type { LiveStatus } from './status.ts';
export type { Result, StreamOptions, Subscriber } from './subscriber.ts';
export { type Page, pauseWhileHidden } from './visibility.ts';
