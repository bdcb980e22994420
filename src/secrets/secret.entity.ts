import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A signing secret of an endpoint, sealed; the value in clear is shown once, when it is made. */
@Entity('secrets')
export class SecretEntity {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'endpoint_id' }) endpointId: string;
  /** Never read by accident: queries must ask for it. */
  @Column('bytea', { select: false }) sealed: Buffer;
  /** The last four characters of the value. */
  @Column('text') hint: string;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true }) expiresAt: Date | null;
}
