/** What can happen: resources and their events, for the dropdowns. */
import { Field, Int, ObjectType } from 'type-graphql';

import { Json } from '../scalars.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';
import { TriggerType } from './trigger.type.ts';

/** One event of a resource. */
@ObjectType('CatalogEvent', {
  simpleResolvers: true,
  description: 'One event of a resource: an option of the event dropdown, which depends on the resource.',
})
export class CatalogEventType {
  @Field(() => String, { description: 'The name that events and triggers use, such as "created".' })
  name: string;

  @Field(() => String, { description: 'The name that people read.' })
  label: string;

  @Field(() => String, { description: 'When it happens.' })
  description: string;

  @Field(() => Boolean, {
    description: 'Whether the host really sends it; a trigger on an unsupported event stays inactive.',
  })
  supported: boolean;

  @Field(() => Json, {
    description: "A payload that follows the resource's model, for tests and documentation.",
  })
  examplePayload: unknown;
}

/** A resource of the catalog. */
@ObjectType('CatalogResource', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'A kind of entity in the host application: an option of the resource dropdown.',
})
export class CatalogResourceType {
  id: string;

  @Field(() => String, { description: 'The name that events and triggers use, such as "client".' })
  name: string;

  @Field(() => String, { description: 'The name that people read.' })
  label: string;

  @Field(() => String, { description: 'What kind of entity it is.' })
  description: string;

  @Field(() => String, {
    description:
      'The GraphQL type definition that every payload of this resource follows; its first type is the entity.',
  })
  model: string;

  @Field(() => Json, { description: 'The same model as JSON Schema (2020-12).' })
  payloadSchema: object;

  @Field(() => Boolean, {
    description: 'Whether webhooks may listen to it; a trigger on one that they may not stays inactive.',
  })
  allowed: boolean;

  @Field(() => [CatalogEventType], { description: 'What can happen to such an entity.' })
  events: CatalogEventType[];
}

/** The result of resourceRegister; the triggers are read, and counted, only where they are selected. */
@ObjectType('ResourceRegisterPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of resourceRegister.',
})
export class ResourceRegisterPayloadType {
  errors: UserErrorType[];

  @Field(() => CatalogResourceType, {
    nullable: true,
    description: 'The resource as it is now; null when there are errors.',
  })
  resource: CatalogResourceType | null;

  @Field(() => [TriggerType], {
    description:
      'The triggers that this registration turned on or off, as they are now: of those that the caller may see the first 1,000 by id. Empty when there are errors.',
  })
  affectedTriggers: Resolved<() => Promise<TriggerType[]>>;

  @Field(() => Int, {
    description: 'How many triggers this registration turned on or off, of those that the caller may see.',
  })
  affectedTriggerCount: () => Promise<number>;
}
