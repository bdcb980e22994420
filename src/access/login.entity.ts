import { Column, Entity, PrimaryColumn } from 'typeorm';

import type { Permission } from './viewer.ts';

/** A person or service account, a node of the tree. */
@Entity('logins')
export class LoginEntity {
  @PrimaryColumn('text') id: string;
  /** Made by the database. */
  @Column({ type: 'int', insert: false, update: false }) number: number;
  @Column('text') name: string;
  @Column('text') email: string;
  @Column('text', { name: 'parent_id', nullable: true }) parentId: string | null;
  /** Ids from the root down to the login itself. */
  @Column('text', { array: true }) path: string[];
  @Column('boolean', { name: 'is_account' }) isAccount: boolean;
  @Column('text', { array: true }) permissions: Permission[];
  @Column('boolean') disabled: boolean;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
}
