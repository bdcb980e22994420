/** Shows a page only to those who may see it; the server decides all the same. */
import type { ReactNode } from 'react';

import type { Permission } from '../gql/graphql.ts';
import { ForbiddenPage } from '../ui/states.tsx';
import { useMayReadDeliveries, useViewer } from './viewer.tsx';

/** One of the permissions is enough; teamMembers lets those in, too, who may only read the webhooks of their teams. */
export function Require(props: { anyOf: Permission[]; teamMembers?: boolean; children: ReactNode }) {
  const { anyOf, teamMembers = false, children } = props;
  const { permissions } = useViewer();
  const reader = useMayReadDeliveries();
  if (anyOf.some((permission) => permissions.includes(permission)) || (teamMembers && reader))
    return children;
  return <ForbiddenPage permission={anyOf.join(' or ')} />;
}
