/** Inputs about replays. */
import { Field, ID, InputType, Int } from 'type-graphql';

import { DeliveryFilterInput } from './delivery.input.ts';

/** What is to be sent again. */
@InputType('ReplayInput', {
  description:
    'What a replay sends again: deliveries that have ended and that could be retried by hand now. Those on their way are left out, and so are tests, and those whose webhook, endpoint or mailbox is off, or whose payload is no longer kept.',
})
export class ReplayInput {
  @Field(() => DeliveryFilterInput, {
    description: 'Which deliveries; an empty filter means all that the caller manages.',
  })
  filter: DeliveryFilterInput;

  @Field(() => ID, {
    nullable: true,
    description:
      "A webhook: also events that its triggers cover as they are now and that never had a delivery to it, within the filter's time, resource, event, entity and endpoint.",
  })
  missingFor?: string | null;

  @Field(() => Int, {
    nullable: true,
    defaultValue: 50,
    description: 'How many deliveries go in a second at most: from 1 to 1000.',
  })
  ratePerSecond?: number | null;
}
