import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A group of logins whose activity can be watched together. */
@Entity('teams')
export class TeamEntity {
  @PrimaryColumn('text') id: string;
  /** Made by the database. */
  @Column({ type: 'int', insert: false, update: false }) number: number;
  @Column('text', { name: 'account_id' }) accountId: string;
  @Column('text') name: string;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) createdAt: Date;
}

/** One membership. */
@Entity('team_members')
export class TeamMemberEntity {
  @PrimaryColumn('text', { name: 'team_id' }) teamId: string;
  @PrimaryColumn('text', { name: 'login_id' }) loginId: string;
}
