/** Inputs about the catalog. */
import { Field, InputType } from 'type-graphql';

import { Json } from '../scalars.ts';

/** An event of a resource. */
@InputType('CatalogEventInput', { description: 'An event of a resource.' })
export class CatalogEventInput {
  @Field(() => String, { description: 'The name that events and triggers use; unique within the resource.' })
  name: string;

  @Field(() => String, { description: 'The name that people read.' })
  label: string;

  @Field(() => String, { nullable: true, description: 'When it happens; empty when left out.' })
  description?: string | null;

  @Field(() => Boolean, { defaultValue: true, description: 'Whether the host really sends it.' })
  supported: boolean;

  @Field(() => Json, {
    nullable: true,
    description: 'A payload that follows the model; one is made from the model when left out.',
  })
  examplePayload?: unknown;
}

/** A resource to register. */
@InputType('CatalogResourceInput', {
  description: 'A resource of the catalog, created or replaced by its name.',
})
export class CatalogResourceInput {
  @Field(() => String, { description: 'The name that events and triggers use; unique.' })
  name: string;

  @Field(() => String, { description: 'The name that people read.' })
  label: string;

  @Field(() => String, { nullable: true, description: 'What kind of entity it is; empty when left out.' })
  description?: string | null;

  @Field(() => String, {
    description:
      'GraphQL type definitions; the first object type is the entity. DateTime, URL, JSON and Long are known without a declaration.',
  })
  model: string;

  @Field(() => Boolean, { defaultValue: true, description: 'Whether webhooks may listen to it.' })
  allowed: boolean;

  @Field(() => [CatalogEventInput], { description: 'All its events: those not named are removed.' })
  events: CatalogEventInput[];
}
