import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { StoredHeader } from './headers.ts';

/** A destination of a webhook. */
@Entity('endpoints')
export class EndpointEntity {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'webhook_id' }) webhookId: string;
  @Column('int') position: number;
  @Column('text') kind: 'URL';
  @Column('text') target: string;
  @Column('jsonb') headers: StoredHeader[];
  @Column('int', { name: 'timeout_ms' }) timeoutMs: number;
  /** Seconds before each attempt; null takes the server's default. */
  @Column('int', { name: 'retry_schedule', array: true, nullable: true }) retrySchedule: number[] | null;
  /** Raised by every change that a request under way must notice. */
  @Column('int') version: number;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  /** Removed ones stay for the history, without their secrets. */
  @Column({ type: 'timestamptz', name: 'removed_at', nullable: true }) removedAt: Date | null;
}
