/** Whether something of the catalog can fire a webhook, by icon and word. */
import { IconBan, IconCheck } from '@tabler/icons-react';

import { WordBadge } from '../ui/word-badge.tsx';

/** Of a resource: whether webhooks may listen to it. */
export function AllowedBadge({ allowed }: { allowed: boolean }) {
  return <YesNo yes={allowed} words={['Allowed', 'Not allowed']} />;
}

/** Of an event: whether the host sends it. */
export function SupportedBadge({ supported }: { supported: boolean }) {
  return <YesNo yes={supported} words={['Supported', 'Not supported']} />;
}

function YesNo({ yes, words }: { yes: boolean; words: [yes: string, no: string] }) {
  const Icon = yes ? IconCheck : IconBan;
  return (
    <WordBadge color={yes ? 'green' : 'gray'} icon={<Icon aria-hidden size={14} stroke={2.4} />}>
      {words[yes ? 0 : 1]}
    </WordBadge>
  );
}
