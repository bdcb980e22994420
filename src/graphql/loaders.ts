/**
 * Loaders: one statement for all the objects of a kind that an answer names. They remember what they
 * read, and some of them what the caller may see, so they live as long as one answer or one pushed batch.
 */
import DataLoader from 'dataloader';

import type { LoginEntity } from '../access/login.entity.ts';
import { loginVisible } from '../access/policy.ts';
import type { TeamEntity } from '../access/team.entity.ts';
import type { Viewer } from '../access/viewer.ts';
import type { SecretView, TriggerView, WebhookView } from '../webhooks/read.ts';
import type { EndpointView } from '../webhooks/read-endpoints.ts';
import type { EndpointOff, TriggerChoice, TriggerInactiveReason } from '../webhooks/status.ts';
import { createHistoryLoaders, type HistoryLoaders } from './history-loaders.ts';
import type { Rooms } from './rooms.ts';
import { createStatsLoaders, type StatsLoaders } from './stats-loaders.ts';

/** The loaders of one answer. */
export interface Loaders {
  /** Logins that an object names which the caller may see: what of them is shown, says toNamedLoginType. */
  login: DataLoader<string, LoginEntity | null>;
  /** Logins that the caller may see. */
  visibleLogin: DataLoader<string, LoginEntity | null>;
  /** Of a login its account. */
  accountOf: DataLoader<string, LoginEntity | null>;
  /** Of a login the teams that the caller may see. */
  teamsOf: DataLoader<string, TeamEntity[]>;
  /** Teams that an object names which the caller may see; not checked again. */
  team: DataLoader<string, TeamEntity | null>;
  /** Of a team its first members that the caller may see. */
  membersOf: DataLoader<{ teamId: string; limit: number }, LoginEntity[]>;
  /** Webhooks that the caller may see. */
  webhook: DataLoader<string, WebhookView | null>;
  /** Endpoints of webhooks that the caller may see. */
  endpoint: DataLoader<string, EndpointView | null>;
  /** Of a webhook that the caller holds its endpoints. */
  endpointsOf: DataLoader<string, EndpointView[]>;
  /** Of a webhook that the caller holds its triggers. */
  triggersOf: DataLoader<string, TriggerView[]>;
  /** Of a webhook that the caller holds its endpoints, and why they are off. */
  offEndpointsOf: DataLoader<string, EndpointOff[]>;
  /** Why a trigger on a resource and an event could not fire; null when it could, and while one is not chosen. */
  inactiveReason: DataLoader<TriggerChoice, TriggerInactiveReason | null, string>;
  /** Of an endpoint that the caller holds its signing secrets. */
  secretsOf: DataLoader<string, SecretView[]>;
  history: HistoryLoaders;
  stats: StatsLoaders;
}

/** Makes the loaders for a caller. */
export function createLoaders({ access, webhooks, history, stats }: Rooms, viewer: Viewer): Loaders {
  const login = one((ids) => access.loginsByIds(ids));
  return {
    login,
    visibleLogin: new DataLoader(async (ids) => {
      const logins = await login.loadMany(ids);
      return logins.map((found) => {
        if (found instanceof Error) return found;
        return found && loginVisible(viewer, found) ? found : null;
      });
    }),
    accountOf: one((ids) => access.accountsOf(ids)),
    teamsOf: many((ids) => access.teamsOfLogins(viewer, ids)),
    team: one((ids) => access.teamsByIds(ids)),
    membersOf: new DataLoader(
      async (wanted) => {
        const most = Math.max(...wanted.map(({ limit }) => limit));
        const teamIds = [...new Set(wanted.map(({ teamId }) => teamId))];
        const members = await access.firstMembers(viewer, teamIds, most);
        return wanted.map(({ teamId, limit }) => members.get(teamId)!.slice(0, limit));
      },
      // Asked together, but not remembered: a document may change an object twice, and each answer tells its parts as they are then.
      { cache: false },
    ),
    webhook: one((ids) => webhooks.byIds(viewer, ids)),
    endpoint: one((ids) => webhooks.endpointsByIds(viewer, ids)),
    endpointsOf: many((ids) => webhooks.endpointsOf(ids)),
    triggersOf: many((ids) => webhooks.triggersOf(ids)),
    offEndpointsOf: many((ids) => webhooks.offEndpointsOf(ids)),
    inactiveReason: new DataLoader((choices) => webhooks.inactiveReasons(choices), {
      cacheKeyFn: ({ resource, event }) => JSON.stringify([resource, event]),
    }),
    secretsOf: many((ids) => webhooks.secretsOf(ids)),
    history: createHistoryLoaders(history, viewer),
    stats: createStatsLoaders(stats),
  };
}

/** A loader of single objects; null for what is not found. */
function one<T>(read: (ids: readonly string[]) => Promise<Map<string, T>>): DataLoader<string, T | null> {
  return new DataLoader(async (ids) => {
    const found = await read(ids);
    return ids.map((id) => found.get(id) ?? null);
  });
}

/** A loader of the parts of an object, empty for what has none; not remembered, for the reason of membersOf. */
function many<T>(read: (ids: readonly string[]) => Promise<Map<string, T[]>>): DataLoader<string, T[]> {
  return new DataLoader(
    async (ids) => {
      const found = await read([...new Set(ids)]);
      return ids.map((id) => found.get(id) ?? []);
    },
    { cache: false },
  );
}
