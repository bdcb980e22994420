/** Changes to the saved table, for pages that are open. */
import { Field, ID, ObjectType } from 'type-graphql';

import { defineEnum } from './enum.ts';
import type { Resolved } from './node.type.ts';
import { WebhookType } from './webhook.type.ts';

/** What happened to a webhook in the eyes of the reader. */
export const WebhookChangeKind = defineEnum('WebhookChangeKind', 'What happened to a row of the table.', {
  CREATED: 'It is new, or was changed so that the caller may see it from now on.',
  UPDATED: 'Its settings or its status changed, or a name that its row shows.',
  DELETED: 'It is gone, or the caller may not see it any more.',
});

/** One change. */
@ObjectType('WebhookChange', {
  simpleResolvers: true,
  description:
    'A change to the saved table. Changes of one webhook that come close together may come as one.',
})
export class WebhookChangeType {
  @Field(() => WebhookChangeKind, { description: 'What happened.' })
  kind: keyof typeof WebhookChangeKind;

  @Field(() => ID, { description: "The webhook's id, also when it is gone." })
  id: string;

  @Field(() => WebhookType, {
    nullable: true,
    description: 'The webhook as it is now; null when it is gone.',
  })
  webhook?: Resolved<WebhookType> | null;
}
