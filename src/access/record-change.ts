/** Writes into the audit log what a change of this room did. */
import type { EntityManager } from 'typeorm';

import { type AuditRecord, difference, recordAudit } from '../audit/audit-log.ts';
import type { Viewer } from './viewer.ts';

/** Notes the fields that differ, in the transaction of the change; nothing, where none does. Values must be fit to be shown. */
export async function recordChange(
  manager: EntityManager,
  viewer: Viewer,
  what: Pick<AuditRecord, 'action' | 'subjectId' | 'scopeId'>,
  before: object,
  after: object,
): Promise<void> {
  const changes = difference({ ...before }, { ...after });
  if (Object.keys(changes).length === 0) return;
  await recordAudit(manager, { ...what, loginId: viewer.loginId, changes });
}
