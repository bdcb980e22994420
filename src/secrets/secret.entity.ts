import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { SecretScheme } from './signing-secret.ts';

/** A signing secret of an endpoint, sealed; in clear it is shown when it is made, and when it is revealed. */
@Entity('secrets')
export class SecretEntity {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'endpoint_id' }) endpointId: string;
  @Column('text') scheme: SecretScheme;
  /** Never read by accident: queries must ask for it. */
  @Column('bytea', { select: false }) sealed: Buffer;
  /** The public key of a pair. */
  @Column('text', { name: 'public_key', nullable: true }) publicKey: string | null;
  /** The last four characters of what the receiver was told. */
  @Column('text') hint: string;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true }) expiresAt: Date | null;
}
