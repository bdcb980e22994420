import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A saved webhook; its status is derived, never stored. */
@Entity('webhooks')
export class WebhookEntity {
  @PrimaryColumn('text') id: string;
  /** Made by the database. */
  @Column({ type: 'int', insert: false, update: false }) number: number;
  @Column('text', { name: 'account_id' }) accountId: string;
  /** Who created it. */
  @Column('text', { name: 'login_id' }) loginId: string;
  @Column('text', { name: 'for_login_id', nullable: true }) forLoginId: string | null;
  @Column('text', { name: 'team_id', nullable: true }) teamId: string | null;
  @Column('text') name: string;
  @Column('text') description: string;
  @Column('boolean') enabled: boolean;
  /** What was queued before never goes. */
  @Column({ type: 'timestamptz', name: 'enabled_at' }) enabledAt: Date;
  @Column('int') version: number;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'updated_at' }) updatedAt: Date;
  /** Made by way of a Create Webhooks link, by a program that can end it. */
  @Column('boolean') subscription: boolean;
  /** Deleted ones stay: their history is read under their number. */
  @Column({ type: 'timestamptz', name: 'deleted_at', nullable: true }) deletedAt: Date | null;
}
