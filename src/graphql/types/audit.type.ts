/** The audit log: who changed what. */
import { Field, ID, ObjectType } from 'type-graphql';

import type { Changes } from '../../audit/audit-log.ts';
import { DateTime, Json } from '../scalars.ts';
import { LoginType } from './access.type.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { connectionTypes } from './page.type.ts';

/** An entry, with the id that its resolver follows. */
@ObjectType('AuditEntry', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'One change: who made it, when, to what, from which values to which. It never changes itself.',
})
export class AuditEntryType {
  id: string;
  loginId: string | null;

  @Field(() => DateTime, { description: 'When the change was made.' })
  at: Date;

  @Field(() => LoginType, {
    nullable: true,
    description: 'Who made it; null for what the server did by itself.',
  })
  login?: Resolved<LoginType> | null;

  @Field(() => String, {
    description: 'What was done, as "<kind of thing>.<verb>", such as webhook.update or login.create.',
  })
  action: string;

  @Field(() => NodeType, {
    nullable: true,
    description: 'The thing as it is now; null when it is gone, or outside what the caller may see.',
  })
  subject?: Resolved<NodeType> | null;

  @Field(() => ID, { description: 'The id of the thing, also when it is gone.' })
  subjectId: string;

  @Field(() => Json, {
    description:
      'The changed fields by name, each {"from": …, "to": …}; of a secret only {"changed": true}. Of the members of a team, from holds those that left and to those that came.',
  })
  changes: Changes;
}

const auditPages = connectionTypes('Audit', 'An entry', 'entries', () => AuditEntryType);

/** A page of the audit log. */
@ObjectType('AuditConnection', { simpleResolvers: true, description: 'A page of the audit log.' })
export class AuditConnectionType extends auditPages.ConnectionFields {}
