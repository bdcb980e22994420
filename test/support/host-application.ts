/**
 * The platform whose webhooks Bellwire sends, in small, and an example of how to connect one. It
 * registers its resources in the catalog, serves a GraphQL API of the same types, and publishes each
 * change in the name of the login that made it, before it answers: who gets an answer knows that all
 * deliveries are durable. A change that is not published is not made.
 *
 * Its records are in memory. A platform with a database writes the event beside the record in one
 * transaction and publishes it from there: between the two a crash would lose it.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { GraphQLError } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';

import { type Answered, Api } from './api.ts';
import { HOST_RESOURCES, HOST_SCHEMA } from './host-application-resources.ts';

const REGISTER = `mutation Register($input: CatalogResourceInput!) {
  resourceRegister(input: $input) { errors { code field message } } }`;
const PUBLISH = `mutation Publish($input: [EventInput!]!) {
  eventsPublish(input: $input) { errors { code field message } } }`;

/** How often a publish is sent when no answer comes: at once here, with growing waits on a platform that is used. */
const PUBLISH_TRIES = 3;

/** A running host application. */
export interface HostApplication {
  url: string;
  /** The application's own API as one of its users, who is a login of Bellwire. */
  as(login: { id: string }): Api;
  close(): Promise<void>;
}

/** Starts it with a caller of Bellwire that holds CATALOG_MANAGE and EVENTS_PUBLISH. */
export async function startHostApplication(bellwire: Api): Promise<HostApplication> {
  for (const resource of HOST_RESOURCES) await bellwire.mutate(REGISTER, { input: resource });
  const sessions = new Map<string, string>();
  const handler = createHandler<Caller>({
    schema: HOST_SCHEMA,
    rootValue: operations(new Records(bellwire)),
    context: ({ raw }) => {
      const loginId = sessions.get(raw.headers.authorization?.replace(/^Bearer /, '') ?? '');
      return loginId === undefined ? [null, { status: 401, statusText: 'Unauthorized' }] : { loginId };
    },
  });
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    as: ({ id }) => {
      const session = randomUUID();
      sessions.set(session, id);
      return new Api(url, session);
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Who calls the application: a login of Bellwire. */
type Caller = { loginId: string };

/** A record as the API answers it and as it is published. */
type HostRecord = { id: string } & Record<string, unknown>;

interface Given {
  id: string;
  input: Record<string, unknown>;
}

/** The fields of Query and Mutation. */
function operations(records: Records) {
  return {
    client: ({ id }: Given) => records.find('clients', id),
    clientCreate: ({ input }: Given, caller: Caller) => records.create(caller, 'clients', input),
    clientUpdate: ({ id, input }: Given, caller: Caller) => records.update(caller, 'clients', id, input),
    clientDelete: ({ id }: Given, caller: Caller) => records.remove(caller, 'clients', id),

    payment: ({ id }: Given) => records.find('payments', id),
    paymentCreate: ({ input }: Given, caller: Caller) =>
      records.create(caller, 'payments', { ...checkedPayment(input), state: 'DUE' }),
    paymentUpdate: ({ id, input }: Given, caller: Caller) =>
      records.update(caller, 'payments', id, checkedPayment(input)),
    paymentApprove: ({ id }: Given, caller: Caller) =>
      records.update(caller, 'payments', id, { state: 'APPROVED' }, 'approve'),

    note: ({ id }: Given) => records.find('notes', id),
    noteCreate: ({ input }: Given, caller: Caller) => records.create(caller, 'notes', input),
    noteUpdate: ({ id, input }: Given, caller: Caller) => records.update(caller, 'notes', id, input),
  };
}

function checkedPayment(input: Record<string, unknown>): Record<string, unknown> {
  const { cents } = input.amount as { cents: number };
  if (cents <= 0) throw new GraphQLError('A payment is of more than nothing.');
  return input;
}

/** The records, changed one after the other, so that their events are published in that order. */
class Records {
  readonly #bellwire: Api;
  readonly #rows = new Map<string, HostRecord>();
  #number = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bellwire: Api) {
    this.#bellwire = bellwire;
  }

  find(resource: string, id: string): HostRecord | undefined {
    return this.#rows.get(`${resource}/${id}`);
  }

  create(caller: Caller, resource: string, fields: Record<string, unknown>): Promise<HostRecord> {
    const id = `${resource}-${(this.#number += 1)}`;
    const record = { id, ...fields, createdAt: new Date().toISOString() };
    return this.#change(caller, resource, 'create', id, () => ({ record, kept: true }));
  }

  update(
    caller: Caller,
    resource: string,
    id: string,
    fields: Record<string, unknown>,
    event = 'update',
  ): Promise<HostRecord> {
    return this.#change(caller, resource, event, id, () => ({
      record: { ...this.#existing(resource, id), ...fields },
      kept: true,
    }));
  }

  remove(caller: Caller, resource: string, id: string): Promise<HostRecord> {
    return this.#change(caller, resource, 'delete', id, () => ({
      record: this.#existing(resource, id),
      kept: false,
    }));
  }

  #existing(resource: string, id: string): HostRecord {
    const record = this.find(resource, id);
    if (!record) throw new GraphQLError(`There is no ${id} among the ${resource}.`);
    return record;
  }

  /** Stored first, so that a receiver that asks back at once finds it; taken back when it cannot be published. */
  #change(
    { loginId }: Caller,
    resource: string,
    event: string,
    entityId: string,
    make: () => { record: HostRecord; kept: boolean },
  ): Promise<HostRecord> {
    const done = this.#turn.then(async () => {
      const key = `${resource}/${entityId}`;
      const before = this.#rows.get(key);
      const { record, kept } = make();
      this.#put(key, kept ? record : undefined);
      try {
        await this.#publish({ resource, event, entityId, loginId, payload: record });
      } catch (error) {
        this.#put(key, before);
        throw error;
      }
      return record;
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #put(key: string, record: HostRecord | undefined): void {
    if (record) this.#rows.set(key, record);
    else this.#rows.delete(key);
  }

  /** An answer that got lost says nothing of whether the event was taken: under its key it may be sent again. */
  async #publish(event: Record<string, unknown>): Promise<void> {
    const input = [{ ...event, idempotencyKey: randomUUID() }];
    const { data, errors } = await answerOf(() => this.#bellwire.send(PUBLISH, { input }));
    const problems = errors ?? data.eventsPublish.errors;
    if (problems.length > 0) throw new GraphQLError(`Not published: ${problems[0].message}`);
  }
}

async function answerOf(send: () => Promise<Answered>): Promise<Answered> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (tries === PUBLISH_TRIES) throw error;
    }
  }
}
