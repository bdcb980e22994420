/** A word with its definition: in a tooltip that opens by pointer, by keyboard and by touch. */
import { ActionIcon, Group, Text, Tooltip } from '@mantine/core';
import { IconHelpCircle } from '@tabler/icons-react';
import { useState } from 'react';

interface TermProps {
  word: string;
  definition: string;
}

export function Term({ word, definition }: TermProps) {
  // By touch it takes no hover: a tap opens it, and the next one closes it.
  const [open, setOpen] = useState(false);
  return (
    <Group gap={2} wrap="nowrap">
      <Text span size="sm" c="dimmed">
        {word}
      </Text>
      <Tooltip
        label={definition}
        multiline
        w={260}
        withArrow
        {...(open ? { opened: true } : {})}
        events={{ hover: true, focus: true, touch: true }}
      >
        <ActionIcon
          variant="subtle"
          color="gray"
          size={24}
          aria-label={`What “${word}” means`}
          onClick={() => setOpen((now) => !now)}
          onBlur={() => setOpen(false)}
        >
          <IconHelpCircle aria-hidden size={16} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
