import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { FailureCode } from '../errors.ts';
import type { PayloadFormat } from '../queue/payload-format.ts';
import type { SigningScheme } from '../secrets/signing-secret.ts';
import type { AuthenticationType, StoredAuthentication } from './authentication.ts';
import type { StoredHeader } from './headers.ts';
import type { DeliveryOrdering, EndpointKind } from './inputs.ts';

/** A destination of a webhook. */
@Entity('endpoints')
export class EndpointEntity implements StoredAuthentication {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'webhook_id' }) webhookId: string;
  @Column('int') position: number;
  @Column('text') kind: EndpointKind;
  /** An address of the web, a mail address, or empty for the mailboxes of a team. */
  @Column('text') target: string;
  @Column('text', { name: 'auth_type' }) authType: AuthenticationType;
  /** What may be shown of the credential. */
  @Column('text', { name: 'auth_hint', nullable: true }) authHint: string | null;
  /** The credential; never read by accident: queries must ask for it. */
  @Column('bytea', { name: 'auth_sealed', nullable: true, select: false }) authSealed: Buffer | null;
  /** When the client certificate ends. */
  @Column({ type: 'timestamptz', name: 'auth_expires_at', nullable: true }) authExpiresAt: Date | null;
  @Column('jsonb') headers: StoredHeader[];
  @Column('int', { name: 'timeout_ms' }) timeoutMs: number;
  /** Seconds before each attempt; null takes the server's default. */
  @Column('int', { name: 'retry_schedule', array: true, nullable: true }) retrySchedule: number[] | null;
  /** Requests a second over all senders; null: no limit. */
  @Column('int', { name: 'rate_per_second', nullable: true }) ratePerSecond: number | null;
  /** Requests at once over all senders; null takes the server's default, for each sender. */
  @Column('int', { name: 'max_concurrency', nullable: true }) maxConcurrency: number | null;
  @Column('text') ordering: DeliveryOrdering;
  /** For deliveries to come; those that are there keep theirs. */
  @Column('text') format: PayloadFormat;
  /** Which secrets it has follows from it. */
  @Column('text') signing: SigningScheme;
  /** Null while it is on. */
  @Column('text', { name: 'disabled_as', nullable: true }) disabledAs: 'DISABLED' | 'AUTO_DISABLED' | null;
  @Column({ type: 'timestamptz', name: 'disabled_at', nullable: true }) disabledAt: Date | null;
  /** The failure that switched it off. */
  @Column('text', { name: 'disabled_code', nullable: true }) disabledCode: FailureCode | null;
  @Column({ type: 'timestamptz', name: 'disabled_failing_since', nullable: true })
  disabledFailingSince: Date | null;
  /** What was queued before never goes. */
  @Column({ type: 'timestamptz', name: 'enabled_at', insert: false }) enabledAt: Date;
  /** Raised by every change that a request under way must notice. */
  @Column('int') version: number;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  /** Removed ones stay for the history, without their secrets. */
  @Column({ type: 'timestamptz', name: 'removed_at', nullable: true }) removedAt: Date | null;
}
