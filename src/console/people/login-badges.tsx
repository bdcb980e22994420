/** What is special about a login, by icon and word. */
import { IconBan, IconBuilding } from '@tabler/icons-react';

import { WordBadge } from '../ui/word-badge.tsx';

/** It is an account: the owner of webhooks and teams. */
export function AccountBadge() {
  return (
    <WordBadge color="blue" icon={<IconBuilding aria-hidden size={14} />}>
      Account
    </WordBadge>
  );
}

/** It is locked out. */
export function DisabledBadge() {
  return (
    <WordBadge color="gray" icon={<IconBan aria-hidden size={14} />}>
      Disabled
    </WordBadge>
  );
}
