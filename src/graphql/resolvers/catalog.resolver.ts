/** The catalog of resources. */
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';

import { may, missing } from '../../access/policy.ts';
import type { Problem } from '../../errors.ts';
import type { Context } from '../context.ts';
import { CatalogResourceInput } from '../inputs/catalog.input.ts';
import { toResourceType, toTriggerType } from '../mapping.ts';
import { CatalogResourceType, ResourceRegisterPayloadType } from '../types/catalog.type.ts';
import { DeletePayloadType } from '../types/payload.type.ts';

function notRegistered(errors: Problem[]): ResourceRegisterPayloadType {
  const none = { affectedTriggers: async () => [], affectedTriggerCount: async () => 0 };
  return { errors, resource: null, ...none };
}

/** What is asked and done about resources. */
@Resolver(() => CatalogResourceType)
export class CatalogResolver {
  @Query(() => [CatalogResourceType], {
    nullable: true,
    description:
      "All resources with their events, by name, the server's own (bellwire.…) last: what the dropdowns offer.",
  })
  async catalog(@Ctx() { rooms }: Context): Promise<CatalogResourceType[]> {
    return (await rooms.catalog.list()).map(toResourceType);
  }

  @Mutation(() => ResourceRegisterPayloadType, {
    nullable: true,
    description: 'Creates a resource of the catalog, or replaces the one of that name. Needs CATALOG_MANAGE.',
  })
  async resourceRegister(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => CatalogResourceInput, { description: 'The resource, whole.' })
    input: CatalogResourceInput,
  ): Promise<ResourceRegisterPayloadType> {
    if (!may(viewer, 'CATALOG_MANAGE')) return notRegistered([missing('CATALOG_MANAGE')]);
    const result = await rooms.catalog.register(viewer.loginId, input);
    if (!result.ok) return notRegistered(result.problems);
    const { resource, switchedEvents } = result.value;
    const { oldest, count } = rooms.webhooks.triggersOn(viewer, resource.name, switchedEvents);
    return {
      errors: [],
      resource: toResourceType(resource),
      affectedTriggers: async () => (await oldest()).map(toTriggerType),
      affectedTriggerCount: count,
    };
  }

  @Mutation(() => DeletePayloadType, {
    nullable: true,
    description: 'Removes a resource with its events; triggers on it become inactive. Needs CATALOG_MANAGE.',
  })
  async resourceRemove(
    @Ctx() { rooms, viewer }: Context,
    @Arg('name', () => String, { description: "The resource's name." }) name: string,
  ): Promise<DeletePayloadType> {
    if (!may(viewer, 'CATALOG_MANAGE')) return { errors: [missing('CATALOG_MANAGE')], deletedId: null };
    const result = await rooms.catalog.remove(viewer.loginId, name);
    return result.ok ? { errors: [], deletedId: result.value } : { errors: result.problems, deletedId: null };
  }
}
