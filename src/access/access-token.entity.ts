import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Permission } from './viewer.ts';

/** An API token; the value itself is stored nowhere. */
@Entity('access_tokens')
export class AccessTokenEntity {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'login_id' }) loginId: string;
  /** ROOT: made at the first start. ENVIRONMENT: BELLWIRE_ROOT_TOKEN. USER: made through the API. */
  @Column('text') origin: 'ROOT' | 'ENVIRONMENT' | 'USER';
  @Column('text') name: string;
  @Column('bytea', { select: false }) sha256: Buffer;
  @Column('text') hint: string;
  @Column('text', { array: true }) permissions: Permission[];
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
  @Column({ type: 'timestamptz', name: 'last_used_at', nullable: true }) lastUsedAt: Date | null;
  @Column({ type: 'timestamptz', name: 'expires_at', nullable: true }) expiresAt: Date | null;
  @Column({ type: 'timestamptz', name: 'revoked_at', nullable: true, select: false }) revokedAt: Date | null;
}
