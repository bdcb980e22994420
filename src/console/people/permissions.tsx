/** The permissions in the words of the console. */
import { Text } from '@mantine/core';

import type { Permission } from '../gql/graphql.ts';

/** Each with its name and what it lets a login do, in the order in which they are shown. */
export const PERMISSIONS: readonly { value: Permission; label: string; text: string }[] = [
  {
    value: 'WEBHOOKS_MANAGE',
    label: 'Manage webhooks',
    text: 'Create, edit, test and delete the webhooks of its account, and read what they sent.',
  },
  {
    value: 'EVENTS_PUBLISH',
    label: 'Publish events',
    text: 'Tell this server what happens, in the name of the logins of its account. For the host application.',
  },
  {
    value: 'CATALOG_MANAGE',
    label: 'Manage the catalog',
    text: 'Register and remove resources: what webhooks can listen to.',
  },
  {
    value: 'ACCESS_MANAGE',
    label: 'Manage access',
    text: 'Create logins below itself, grant them what it holds itself, move and disable them, manage teams and tokens.',
  },
];

/** "Manage webhooks". */
export function permissionLabel(permission: string): string {
  return PERMISSIONS.find(({ value }) => value === permission)?.label ?? permission;
}

/** Permissions as words with commas between them. */
export function PermissionNames({ permissions }: { permissions: readonly Permission[] }) {
  const held = PERMISSIONS.filter(({ value }) => permissions.includes(value));
  if (held.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        None
      </Text>
    );
  return <>{held.map(({ label }) => label).join(', ')}</>;
}
