/** The resources of the server itself: in every catalog, listened to like any other, and nobody's to change. */
import { IconBell } from '@tabler/icons-react';

import { WordBadge } from '../ui/word-badge.tsx';

/** Their names begin so; no host may have such a name. */
const PREFIX = 'bellwire.';

/** Whether a resource of this name is the server's own. */
export function isBuiltIn({ name }: { name: string }): boolean {
  return name.startsWith(PREFIX);
}

/** Those of the host application first. */
export function hostFirst<Resource extends { name: string }>(resources: readonly Resource[]): Resource[] {
  return [
    ...resources.filter((resource) => !isBuiltIn(resource)),
    ...resources.filter((resource) => isBuiltIn(resource)),
  ];
}

/** Says that the server tells of it, and not the host. */
export function BuiltInBadge() {
  return (
    <WordBadge color="blue" icon={<IconBell aria-hidden size={14} stroke={2.2} />}>
      Built in
    </WordBadge>
  );
}
