/** What fires a webhook. */
import { Field, ObjectType } from 'type-graphql';

import { defineEnum } from './enum.ts';
import { NodeType } from './node.type.ts';

/** Why a trigger never fires. */
export const TriggerInactiveReason = defineEnum('TriggerInactiveReason', 'Why a trigger never fires.', {
  RESOURCE_UNKNOWN: 'The catalog has no such resource, or no longer.',
  RESOURCE_NOT_ALLOWED: 'The resource is in the catalog, but webhooks may not listen to it.',
  EVENT_UNKNOWN: 'The resource has no such event, or no longer.',
  EVENT_NOT_SUPPORTED: 'The event is in the catalog, but the host does not send it.',
});

/** A trigger. */
@ObjectType('Trigger', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'One event of one resource that fires a webhook.',
})
export class TriggerType {
  id: string;

  @Field(() => String, { description: "The resource's name in the catalog." })
  resource: string;

  @Field(() => String, { description: "The event's name in the catalog." })
  event: string;

  @Field(() => String, {
    description: 'What people read: the labels of resource and event, or their names while unknown.',
  })
  label: string;

  @Field(() => String, { description: 'The name that its maker gave it; may be empty.' })
  name: string;

  @Field(() => String, { description: 'What it is for; may be empty.' })
  description: string;

  @Field(() => Boolean, { description: 'Whether it can fire; worked out from the catalog as it is now.' })
  active: boolean;

  @Field(() => TriggerInactiveReason, {
    nullable: true,
    description: 'Why it cannot fire; null when it can.',
  })
  inactiveReason: keyof typeof TriggerInactiveReason | null;
}
