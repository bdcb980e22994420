/** Copies a text to the clipboard and says so, to the eye and to screen readers. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';

import { useAnnounce } from './announcer.tsx';

/** what names the text: "Copy the event id". */
export function CopyButton({ value, what }: { value: string; what: string }) {
  const { copied, copy } = useClipboard({ timeout: 2000 });
  const announce = useAnnounce();
  return (
    <Tooltip
      label={copied ? 'Copied' : `Copy ${what}`}
      withArrow
      events={{ hover: true, focus: true, touch: false }}
    >
      <ActionIcon
        variant="subtle"
        size="md"
        aria-label={`Copy ${what}`}
        onClick={() => {
          copy(value);
          announce(`Copied ${what}`);
        }}
      >
        {copied ? <IconCheck aria-hidden size={16} /> : <IconCopy aria-hidden size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
