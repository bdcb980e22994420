import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One event of one resource that fires a webhook; whether it can fire is derived from the catalog. */
@Entity('triggers')
export class TriggerEntity {
  @PrimaryColumn('text') id: string;
  @Column('text', { name: 'webhook_id' }) webhookId: string;
  @Column('int') position: number;
  @Column('text') resource: string;
  @Column('text') event: string;
  @Column('text') name: string;
  @Column('text') description: string;
}
