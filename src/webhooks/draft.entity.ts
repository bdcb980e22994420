import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { DraftDetails, DraftEndpoint, DraftTrigger } from './draft-rows.ts';

/** An unfinished run of the wizard, as typed so far: valid or not. */
@Entity('webhook_drafts')
export class WebhookDraftEntity {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'login_id' }) loginId: string;
  @Column('int') version: number;
  @Column('json') details: DraftDetails;
  @Column('json') endpoints: DraftEndpoint[];
  @Column('json') triggers: DraftTrigger[];
  /** The webhook that it became. */
  @Column('text', { name: 'saved_as', nullable: true }) savedAs: string | null;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'updated_at' }) updatedAt: Date;
  @Column({ type: 'timestamptz', name: 'expires_at' }) expiresAt: Date;
}
