/** A small platform to play the permission table on: the objects of account X, and the eight callers. */
import type { Permission } from '../../src/access/viewer.ts';
import { PERMISSIONS } from '../../src/access/viewer.ts';
import { createPerson, createTeam, type Person } from '../support/people.ts';
import type { Receiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import type { TestServer } from '../support/server.ts';
import type { Caller } from './permission-table.ts';

/** The objects of the operations. */
export interface Objects {
  webhookId: string;
  webhookNumber: number;
  endpointId: string;
  deliveryId: string;
  /** Of another webhook of the team, due in ten minutes. */
  waitingDeliveryId: string;
  eventId: string;
  /** A replay that W has started. */
  replayId: string;
  /** A draft of W. */
  draftId: string;
  /** Another draft of W, which can be saved. */
  readyDraftId: string;
  /** A login below A. */
  loginId: string;
  /** A token of that login. */
  tokenId: string;
  /** The team that the webhook watches. */
  teamId: string;
  /** A team of X that no webhook uses. */
  spareTeamId: string;
}

/** The platform of one test file. */
export interface Platform {
  callers: Record<Caller, Pick<Person, 'api'>>;
  /** As they are now. */
  objects: Objects;
  /** Puts new ones in place of those that the mutation of this field has used up. */
  renew(field: string): Promise<void>;
}

/** Builds the tree: the root, account X with its logins, account Y. */
export async function buildPlatform(server: TestServer, receiver: Receiver): Promise<Platform> {
  await registerResource(server.api);
  const all = [...PERMISSIONS];
  const x = await createPerson(server, { name: 'X', isAccount: true, permissions: all });
  const inX = (name: string, permissions: Permission[] = []) =>
    createPerson(server, { name, parentId: x.id, permissions });
  const people = {
    W: await inX('W', ['WEBHOOKS_MANAGE']),
    P: await inX('P', ['EVENTS_PUBLISH']),
    C: await inX('C', ['CATALOG_MANAGE']),
    A: await inX('A', ['ACCESS_MANAGE']),
    member: await inX('Member'),
    none: await inX('None'),
    beside: await createPerson(server, { name: 'Y', isAccount: true, permissions: all }),
  };
  const callers = { ...people, above: { api: server.api } };
  const login = await createPerson(server, { name: 'Clerk', parentId: people.A.id });
  const teamId = await createTeam(x, 'Watched', [people.member.id]);

  async function makeWebhook() {
    const { id, number, endpointId } = await createWebhook(callers.W.api, `${receiver.url}/platform`, {
      details: { teamId },
    });
    const [published] = await publish(server.api, clientEvent('c1', { loginId: people.member.id }));
    const { nodes } = await callers.W.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { id } } }',
      { id },
    );
    return {
      webhookId: id,
      webhookNumber: number,
      endpointId,
      eventId: published!.event.id,
      deliveryId: nodes[0].id as string,
    };
  }

  async function makeWaiting() {
    const { id } = await createWebhook(callers.W.api, `${receiver.url}/late`, {
      details: { teamId },
      triggers: [{ resource: 'clients', event: 'update' }],
      advanced: { retrySchedule: [600] },
    });
    await publish(server.api, clientEvent('c1', { event: 'update', loginId: people.member.id }));
    const { nodes } = await callers.W.api.run(
      'query ($id: ID!) { deliveries(filter: { webhookId: $id }) { nodes { id } } }',
      { id },
    );
    return { waitingDeliveryId: nodes[0].id as string };
  }

  /** Of a delivery that was cancelled, so that it waits for no receiver. */
  async function makeReplay({ waitingDeliveryId: id }: { waitingDeliveryId: string }) {
    const { api } = callers.W;
    await api.mutate('mutation ($id: ID!) { deliveryCancel(id: $id) { errors { code } } }', { id });
    const { replay } = await api.mutate(
      `mutation ($search: String) { replayStart(input: { filter: { search: $search } }) {
         errors { code message } replay { id } } }`,
      { search: id },
    );
    return { replayId: replay.id as string };
  }

  async function makeDrafts() {
    const { api } = callers.W;
    // A login may have twenty.
    for (const { id } of await api.run('{ webhookDrafts { id } }'))
      await api.mutate('mutation ($id: ID!) { webhookDraftDiscard(id: $id) { errors { code } } }', { id });
    const { draft } = await api.mutate('mutation { webhookDraftCreate { errors { code } draft { id } } }');
    const ready = await api.mutate(
      'mutation { webhookDraftCreate(input: { name: "Ready" }) { errors { code } draft { id } } }',
    );
    for (const step of [
      `webhookDraftSetEndpoints(id: $id, input: [{ kind: URL, target: "${receiver.url}/ready" }])`,
      'webhookDraftSetTriggers(id: $id, input: [{ resource: "clients", event: "create" }])',
    ])
      await api.mutate(`mutation ($id: ID!) { ${step} { errors { code field } } }`, { id: ready.draft.id });
    return { draftId: draft.id as string, readyDraftId: ready.draft.id as string };
  }

  async function makeToken() {
    const { accessToken } = await x.api.mutate(
      `mutation ($id: ID!) { accessTokenCreate(input: { name: "t", permissions: [], loginId: $id }) {
         errors { code message } accessToken { id } } }`,
      { id: login.id },
    );
    return { tokenId: accessToken.id as string };
  }

  // Of each who may have one: there is nothing to be read by those who have none.
  for (const name of ['W', 'member', 'above', 'beside'] as const)
    await callers[name].api.mutate('mutation { webhooksLinkRotate { errors { code } } }');

  const makeSpare = async () => ({ spareTeamId: await createTeam(x, 'Spare', []) });

  const platform: Platform = {
    callers,
    objects: {
      ...{ loginId: login.id, teamId },
      ...(await makeWebhook()),
      ...(await makeReplay(await makeWaiting())),
      ...(await makeWaiting()),
      ...(await makeDrafts()),
      ...(await makeToken()),
      ...(await makeSpare()),
    },
    async renew(field) {
      const { objects } = platform;
      if (/Draft/.test(field)) Object.assign(objects, await makeDrafts());
      if (/webhook[UED]|endpoint|testEvent|delivery/.test(field)) Object.assign(objects, await makeWebhook());
      if (/deliveryCancel/.test(field)) Object.assign(objects, await makeWaiting());
      if (/accessToken/.test(field)) Object.assign(objects, await makeToken());
      if (/teamDelete/.test(field)) Object.assign(objects, await makeSpare());
    },
  };
  return platform;
}
