import type { PayloadFormat } from './payload-format.ts';
import { RANK } from './rank.ts';
import type { DeliveryOrigin } from './status.ts';

/** A claimed delivery with everything that one attempt needs. */
export interface Job {
  id: string;
  /** The number of the claim; with another one, or another attempt, a completion is not taken. */
  fence: number;
  /** The number of the attempt, from 1. */
  attempt: number;
  lostCount: number;
  priorCount: number;
  /** The only attempt of a retry by hand, or of a replay. */
  manual: boolean;
  /** Somebody waits for just this one: a retry by hand, or a test. */
  byHand: boolean;
  /** An attempt that was due by schedule and was asked for by hand before. */
  hastened: boolean;
  origin: DeliveryOrigin;
  /** The one of its birth, whatever its endpoint has now. */
  format: PayloadFormat;
  /** What is left of the lease when the statement ended, ms. */
  leaseMs: number;
  eventId: string;
  resource: string;
  event: string;
  entityId: string;
  occurredAt: Date;
  /** The entity as it was published; null when its partition is gone. */
  payload: string | null;
  webhookId: string;
  webhookNumber: number;
  endpointId: string;
  endpointVersion: number;
  /** Whether others of the same entity wait behind it. */
  ordered: boolean;
  kind: 'URL' | 'EMAIL' | 'TEAM_MAILBOXES';
  /** Null for an address that takes requests. */
  mailboxId: string | null;
  /** For a mailbox mailto: and its address. */
  target: string;
  authType: string;
  /** The credential; null where there is none. */
  authSealed: Buffer | null;
  /** As stored. The same object stands in all jobs of one claim for the endpoint as it is, and so do its secrets. */
  headers: unknown;
  timeoutMs: number;
  /** Seconds; null takes the server's default. */
  retrySchedule: number[] | null;
  /** Whether its endpoint has its requests signed. */
  signed: boolean;
  /** Those that sign now, newest first. */
  secrets: { id: string; sealed: Buffer }[];
}

/** A row of what a claim took: a job, or the settings of an endpoint that jobs are for. */
export type TakenRow = JobRow | SettingsRow;

interface JobRow {
  settings_of: null;
  id: string;
  fence: number;
  attempt_count: number;
  lost_count: number;
  prior_count: number;
  manual: boolean;
  rank: number;
  was_hastened: boolean;
  origin: DeliveryOrigin;
  event_id: string;
  job_endpoint_id: string;
  mailbox_id: string | null;
  mail_target: string | null;
  entity_key: string | null;
  format: PayloadFormat;
  lease_ms: number;
}

/** What a job tells of its event. */
export interface EventRow {
  id: string;
  resource: string;
  name: string;
  entity_id: string;
  occurred_at: Date;
  /** Null when its partition is gone. */
  payload: string | null;
}

interface SettingsRow {
  id: null;
  settings_of: string;
  endpoint_version: number;
  webhook_id: string;
  webhook_number: number;
  kind: Job['kind'];
  target: string;
  /** JSON texts. */
  headers: string;
  timeout_ms: number;
  retry_schedule: number[] | null;
  signed: boolean;
  auth_type: string;
  auth_sealed: Buffer | null;
  secrets: string | null;
}

/** What the jobs of one claim have in common at an endpoint. */
type Settings = Omit<SettingsRow, 'headers' | 'secrets'> & Pick<Job, 'headers' | 'secrets'>;

/** The jobs of a claim, but for those whose event is gone; what belongs to an endpoint is taken apart once for all of them. */
export function toJobs(rows: TakenRow[], events: ReadonlyMap<string, EventRow>): Job[] {
  const settings = new Map<string, Settings>();
  for (const row of rows)
    if (row.settings_of !== null)
      settings.set(row.settings_of, {
        ...row,
        headers: JSON.parse(row.headers) as unknown,
        secrets: (JSON.parse(row.secrets ?? '[]') as { id: string; sealed: string }[]).map(unpack),
      });
  return rows.flatMap((row) => {
    const event = row.id === null ? undefined : events.get(row.event_id);
    return row.id === null || event === undefined
      ? []
      : [toJob(row, event, settings.get(row.job_endpoint_id)!)];
  });
}

/** A secret from its JSON. */
export function unpack({ id, sealed }: { id: string; sealed: string }): { id: string; sealed: Buffer } {
  return { id, sealed: Buffer.from(sealed, 'base64') };
}

function toJob(row: JobRow, event: EventRow, settings: Settings): Job {
  return {
    id: row.id,
    fence: row.fence,
    attempt: row.attempt_count,
    lostCount: row.lost_count,
    priorCount: row.prior_count,
    manual: row.manual,
    byHand: row.rank === RANK.byHand || row.origin === 'TEST',
    hastened: row.was_hastened,
    origin: row.origin,
    format: row.format,
    leaseMs: row.lease_ms,
    eventId: row.event_id,
    resource: event.resource,
    event: event.name,
    entityId: event.entity_id,
    occurredAt: event.occurred_at,
    payload: event.payload,
    webhookId: settings.webhook_id,
    webhookNumber: settings.webhook_number,
    endpointId: row.job_endpoint_id,
    endpointVersion: settings.endpoint_version,
    ordered: row.entity_key !== null,
    kind: settings.kind,
    mailboxId: row.mailbox_id,
    target: row.mail_target ?? settings.target,
    authType: settings.auth_type,
    authSealed: settings.auth_sealed,
    headers: settings.headers,
    timeoutMs: settings.timeout_ms,
    retrySchedule: settings.retry_schedule,
    signed: settings.signed,
    secrets: settings.secrets,
  };
}
