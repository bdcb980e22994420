/** A part of the page with its heading, and its Edit button for those who may. */
import { Button, Group, Paper, Stack, Title } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { type ReactNode, useEffect, useRef } from 'react';

interface SectionProps {
  title: string;
  /** Lower case, for the button's name: "details". */
  what: string;
  editing: boolean;
  /** Null for those who may not edit, and while another part is edited. */
  onEdit: (() => void) | null;
  children: ReactNode;
}

export function Section({ title, what, editing, onEdit, children }: SectionProps) {
  const id = `part-${what}`;
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(editing);
  useEffect(() => {
    // The form is gone, and the focus with it.
    if (wasEditing.current && !editing) button.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  return (
    <Paper component="section" withBorder p="md" aria-labelledby={id}>
      <Stack gap="md">
        <Group justify="space-between" mih={36}>
          <Title order={2} size="h4" id={id}>
            {title}
          </Title>
          {!editing && onEdit !== null && (
            <Button
              ref={button}
              variant="default"
              size="compact-md"
              leftSection={<IconPencil aria-hidden size={15} />}
              aria-label={`Edit ${what}`}
              onClick={onEdit}
            >
              Edit
            </Button>
          )}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}
