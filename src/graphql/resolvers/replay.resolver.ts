/** Replays: counted before, started, held, cancelled, listed and followed. */
import {
  Arg,
  Ctx,
  FieldResolver,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';

import { may, mayReadReplay, missing, replayVisible, webhookManaged } from '../../access/policy.ts';
import type { Viewer } from '../../access/viewer.ts';
import { readPage } from '../../db/page.ts';
import type { Result } from '../../errors.ts';
import type { ReplayCaller, ReplayStep } from '../../replay/replays.ts';
import type { ReplayRow } from '../../replay/rows.ts';
import { edgeError, valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { toReplayType } from '../history-mapping.ts';
import { ReplayInput } from '../inputs/replay.input.ts';
import { toNamedLoginType } from '../mapping.ts';
import { LoginType } from '../types/access.type.ts';
import { CountType } from '../types/page.type.ts';
import { ReplayPayloadType, ReplayType } from '../types/replay.type.ts';

const DEFAULT_RATE = 50;
const FORBIDDEN = 'This needs the permission WEBHOOKS_MANAGE.';

function callerOf(viewer: Viewer): ReplayCaller {
  const { loginId, accountId } = viewer;
  return { loginId, accountId, managed: webhookManaged(viewer), visible: replayVisible(viewer) };
}

function checkReader({ viewer }: Context): void {
  if (!may(viewer, 'WEBHOOKS_MANAGE')) throw edgeError('FORBIDDEN', FORBIDDEN);
}

async function payloadOf({ rooms, viewer }: Context, result: Result<string>): Promise<ReplayPayloadType> {
  if (!result.ok) return { errors: result.problems, replay: null };
  const row = await rooms.replays.byId(replayVisible(viewer), result.value);
  return { errors: [], replay: row && toReplayType(row) };
}

async function move(context: Context, id: string, step: ReplayStep): Promise<ReplayPayloadType> {
  const { rooms, viewer } = context;
  if (!may(viewer, 'WEBHOOKS_MANAGE')) return { errors: [missing('WEBHOOKS_MANAGE')], replay: null };
  return await payloadOf(context, await rooms.replays.move(callerOf(viewer), id, step));
}

/** The states of one replay; the rights are renewed before each. */
async function* follow(context: Context, id: string): AsyncGenerator<ReplayRow> {
  checkReader(context);
  const { rooms, viewer, signal } = context;
  const first = await rooms.replays.byId(replayVisible(viewer), id);
  if (!first) throw edgeError('NOT_FOUND', 'There is no such replay that you may see.');
  const renew = async (row: ReplayRow) => (await context.renew()) && mayReadReplay(context.viewer, row);
  yield* rooms.replayProgress.follow(first, renew, signal);
}

/** Replays, and the login of one. */
@Resolver(() => ReplayType)
export class ReplayResolver {
  @Query(() => [ReplayType], {
    nullable: true,
    description: "Running and finished replays of the caller's account and those below, newest first.",
  })
  async replays(
    @Ctx() context: Context,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many at most: from 0 to 100.' })
    first: number,
  ): Promise<ReplayType[]> {
    checkReader(context);
    const { limit } = valueOf(readPage({ first }));
    const rows = await context.rooms.replays.list(replayVisible(context.viewer), limit);
    return rows.map(toReplayType);
  }

  @Query(() => CountType, {
    nullable: true,
    description: 'How many deliveries a replay would send if it were started now, counted up to 10,000.',
  })
  async replayPreview(
    @Ctx() context: Context,
    @Arg('input', () => ReplayInput, { description: 'What would be sent again.' }) input: ReplayInput,
  ): Promise<CountType> {
    checkReader(context);
    const { filter, missingFor = null } = input;
    return valueOf(await context.rooms.replays.preview(callerOf(context.viewer), { filter, missingFor }));
  }

  @Mutation(() => ReplayPayloadType, {
    nullable: true,
    description:
      'Starts to send again what a filter matches now, each as a retry by hand, behind new deliveries. Refused when nothing matches, or too much.',
  })
  async replayStart(
    @Ctx() context: Context,
    @Arg('input', () => ReplayInput, { description: 'What to send again, and how fast.' }) input: ReplayInput,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'A text that names this call for the caller: within 24 hours the same key starts once, and another input is refused (KEY_REUSED).',
    })
    idempotencyKey?: string | null,
  ): Promise<ReplayPayloadType> {
    const { rooms, viewer } = context;
    if (!may(viewer, 'WEBHOOKS_MANAGE')) return { errors: [missing('WEBHOOKS_MANAGE')], replay: null };
    const { filter, missingFor = null } = input;
    const wish = { filter, missingFor, ratePerSecond: input.ratePerSecond ?? DEFAULT_RATE };
    return await payloadOf(
      context,
      await rooms.replays.start(callerOf(viewer), wish, idempotencyKey ?? null),
    );
  }

  @Mutation(() => ReplayPayloadType, {
    nullable: true,
    description: 'Holds a replay: from now on none of its deliveries goes that is not queued already.',
  })
  replayPause(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: "The replay's id (rpl_…)." }) id: string,
  ): Promise<ReplayPayloadType> {
    return move(context, id, 'pause');
  }

  @Mutation(() => ReplayPayloadType, { nullable: true, description: 'Goes on with one that was held.' })
  replayResume(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: "The replay's id (rpl_…)." }) id: string,
  ): Promise<ReplayPayloadType> {
    return move(context, id, 'resume');
  }

  @Mutation(() => ReplayPayloadType, {
    nullable: true,
    description:
      'Stops a replay for good. What it has queued and nobody is sending is cancelled; what is on the wire counts.',
  })
  replayCancel(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: "The replay's id (rpl_…)." }) id: string,
  ): Promise<ReplayPayloadType> {
    return move(context, id, 'cancel');
  }

  @Subscription(() => ReplayType, {
    name: 'replayProgress',
    subscribe: ({ context, args }) => follow(context as Context, (args as { id: string }).id),
    description:
      'How a replay gets on: at once, then whenever that has changed, at most once a second; completes when it has ended.',
  })
  replayProgress(
    @Root() row: ReplayRow,
    @Arg('id', () => ID, { description: "The replay's id (rpl_…)." }) _id: string,
  ): ReplayType {
    return toReplayType(row);
  }

  @FieldResolver(() => LoginType, { description: 'Who started it.' })
  async login(@Ctx() { loaders, viewer }: Context, @Root() { loginId }: ReplayType): Promise<LoginType> {
    return toNamedLoginType(viewer, (await loaders.login.load(loginId))!);
  }
}
