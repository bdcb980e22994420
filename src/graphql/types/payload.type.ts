/** What every mutation answers: its problems as values, and the thing that it changed. */
import { Field, ID, InterfaceType, ObjectType } from 'type-graphql';

import { USER_ERROR_CODES, type UserErrorCode as Code } from '../../errors.ts';
import { defineEnum } from './enum.ts';

/** The codes of src/errors.ts, as the API shows them. */
export const UserErrorCode = defineEnum(
  'UserErrorCode',
  'Machine-readable causes of a problem. The list grows: treat an unknown one by its message.',
  USER_ERROR_CODES,
);

/** One problem with an input. */
@ObjectType('UserError', {
  simpleResolvers: true,
  description: 'A problem that the caller can fix. All problems of an input come at once.',
})
export class UserErrorType {
  @Field(() => UserErrorCode, { description: 'The cause, for programs.' })
  code: Code;

  @Field(() => [String], {
    nullable: true,
    description:
      'The path inside the input, list positions from 0: ["endpoints", "1", "target"]. Null when the problem is not with one value.',
  })
  field: string[] | null;

  @Field(() => String, { description: 'What is wrong and what to do, in English, for people.' })
  message: string;
}

/** The part that all mutation results share. */
@InterfaceType('MutationPayload', {
  description: 'Shared by the result of every mutation, so that one fragment reads the problems of all.',
})
export abstract class MutationPayloadType {
  @Field(() => [UserErrorType], {
    description: 'What stopped the change; empty exactly when the change was made.',
  })
  errors: UserErrorType[];
}

/** The result of a delete or a revocation. */
@ObjectType('DeletePayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of a mutation that deletes, removes or revokes.',
})
export class DeletePayloadType {
  errors: UserErrorType[];

  @Field(() => ID, {
    nullable: true,
    description: 'The id of what is gone now; null when nothing was deleted.',
  })
  deletedId: string | null;
}
