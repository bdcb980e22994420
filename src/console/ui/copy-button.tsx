/** Copies a text to the clipboard and says so, to the eye and to screen readers; says so as well when it could not. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';

import { useAnnounce } from './announcer.tsx';

const SHOWN_MS = 3_000;

/** what names the text: "the event id". */
export function CopyButton({ value, what }: { value: string; what: string }) {
  const [result, setResult] = useState<'copied' | 'failed' | null>(null);
  const announce = useAnnounce();
  useEffect(() => {
    if (result === null) return;
    const timer = setTimeout(() => setResult(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [result]);

  async function copy(): Promise<void> {
    const copied = await toClipboard(value);
    setResult(copied ? 'copied' : 'failed');
    announce(copied ? `Copied ${what}` : `Could not copy ${what}: select it and copy it by hand`);
  }

  const label =
    result === 'copied'
      ? 'Copied'
      : result === 'failed'
        ? 'Not copied: select it and copy it by hand'
        : `Copy ${what}`;
  const Icon = result === 'copied' ? IconCheck : result === 'failed' ? IconAlertTriangle : IconCopy;
  return (
    <Tooltip label={label} withArrow events={{ hover: true, focus: true, touch: false }}>
      <ActionIcon variant="subtle" size="md" aria-label={`Copy ${what}`} onClick={() => void copy()}>
        <Icon aria-hidden size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

/** Whether the text is in the clipboard now. Without TLS browsers offer only the old way. */
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return bySelection(text);
  }
}

function bySelection(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-hidden', 'true');
  // Inside the dialog, if there is one: its trap takes the focus from what is outside.
  (before?.closest('[role="dialog"]') ?? document.body).append(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
