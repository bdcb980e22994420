/** Client certificates that end soon: from then on their receivers refuse every request. */
import type { Sql } from '../db/sql.ts';

/** How long before its end somebody is told, days. */
const NOTICE_DAYS = 30;
/** The most that are named at once. */
const MAX_NAMED = 100;

/** One of them. */
export interface EndingCertificate {
  endpointId: string;
  webhookNumber: number;
  expiresAt: Date;
}

/** Those that end within 30 days of now, or have ended, the first end first. */
export async function endingCertificates(sql: Sql, now: Date): Promise<EndingCertificate[]> {
  const { rows } = await sql.query<EndingCertificate>(
    `select ep.id as "endpointId", w.number as "webhookNumber", ep.auth_expires_at as "expiresAt"
     from endpoints ep join webhooks w on w.id = ep.webhook_id
     where ep.auth_expires_at < $1::timestamptz + interval '${NOTICE_DAYS} days'
     order by ep.auth_expires_at, ep.id limit ${MAX_NAMED}`,
    [now],
  );
  return rows;
}
