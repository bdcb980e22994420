/** Arguments of the audit log. */
import { ArgsType, Field, ID } from 'type-graphql';

import { ForwardPageArgs } from './shared.input.ts';

/** The arguments of auditLog. */
@ArgsType()
export class AuditLogArgs extends ForwardPageArgs {
  @Field(() => ID, {
    nullable: true,
    description: 'Only what was done to this thing, be it gone or not; all when left out.',
  })
  subjectId?: string | null;
}
