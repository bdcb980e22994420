/** What is special about a login, by icon and word. */
import { Badge } from '@mantine/core';
import { IconBan, IconBuilding } from '@tabler/icons-react';

/** It is an account: the owner of webhooks and teams. */
export function AccountBadge() {
  return (
    <Badge variant="outline" leftSection={<IconBuilding aria-hidden size={13} />}>
      Account
    </Badge>
  );
}

/** It is locked out. */
export function DisabledBadge() {
  return (
    <Badge variant="outline" color="gray" leftSection={<IconBan aria-hidden size={13} />}>
      Disabled
    </Badge>
  );
}
