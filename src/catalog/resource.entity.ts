/** The catalog's tables; model and version together are what a compiled model is cached by. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A resource: a kind of entity in the host application. */
@Entity({ name: 'resources' })
export class ResourceEntity {
  @PrimaryColumn({ type: 'text' }) id: string;
  @Column({ type: 'text', unique: true }) name: string;
  @Column({ type: 'text' }) label: string;
  @Column({ type: 'text' }) description: string;
  @Column({ type: 'text' }) model: string;
  @Column({ name: 'payload_schema', type: 'jsonb' }) payloadSchema: object;
  @Column({ type: 'boolean' }) allowed: boolean;
  @Column({ type: 'int', default: 1 }) version: number;
  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' }) updatedAt: Date;
}

/** An event of a resource. */
@Entity({ name: 'resource_events' })
export class ResourceEventEntity {
  @PrimaryColumn({ name: 'resource_id', type: 'text' }) resourceId: string;
  @PrimaryColumn({ type: 'text' }) name: string;
  @Column({ type: 'int' }) position: number;
  @Column({ type: 'text' }) label: string;
  @Column({ type: 'text' }) description: string;
  @Column({ type: 'boolean' }) supported: boolean;
  @Column({ name: 'example_payload', type: 'json' }) examplePayload: object;
}
