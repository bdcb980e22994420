/** The audit log. */
import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';

import { auditVisible, mayReadAudit, portfolioOf } from '../../access/policy.ts';
import { edgeError, valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { AuditLogArgs } from '../inputs/audit.input.ts';
import { toAuditEntryType, toNamedLoginType } from '../mapping.ts';
import { LoginType } from '../types/access.type.ts';
import { AuditConnectionType, AuditEntryType } from '../types/audit.type.ts';
import { NodeType } from '../types/node.type.ts';
import { toConnection } from '../types/page.type.ts';
import { findNode } from './node.resolver.ts';

/** The log, and the fields of an entry. */
@Resolver(() => AuditEntryType)
export class AuditResolver {
  @Query(() => AuditConnectionType, {
    nullable: true,
    description:
      'Who changed what, the newest first: webhooks with WEBHOOKS_MANAGE, logins, tokens and teams with ACCESS_MANAGE, the catalog with CATALOG_MANAGE.',
  })
  async auditLog(
    @Ctx() { rooms, viewer }: Context,
    @Args(() => AuditLogArgs) args: AuditLogArgs,
  ): Promise<AuditConnectionType> {
    if (!mayReadAudit(viewer))
      throw edgeError('FORBIDDEN', 'This needs WEBHOOKS_MANAGE, ACCESS_MANAGE or CATALOG_MANAGE.');
    const root = portfolioOf(viewer);
    const visible = { some: auditVisible(viewer, 'some'), all: auditVisible(viewer, 'all') };
    const page = valueOf(await rooms.audit.page(visible, args, args.subjectId, root));
    return toConnection(page, toAuditEntryType);
  }

  @FieldResolver()
  async login(
    @Ctx() { loaders, viewer }: Context,
    @Root() { loginId }: AuditEntryType,
  ): Promise<LoginType | null> {
    const login = loginId === null ? null : await loaders.login.load(loginId);
    return login && toNamedLoginType(viewer, login);
  }

  @FieldResolver()
  subject(@Ctx() context: Context, @Root() { subjectId }: AuditEntryType): Promise<NodeType | null> {
    return findNode(context, subjectId);
  }
}
