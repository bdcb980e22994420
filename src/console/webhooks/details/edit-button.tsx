/** Opens the form of a part of the page. The focus comes back to it when the form is gone. */
import { Button } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';

interface EditButtonProps {
  /** Lower case, for the button's name: "details". */
  what: string;
  editing: boolean;
  /** Null for those who may not edit, and while another part is edited. */
  onEdit: (() => void) | null;
}

export function EditButton({ what, editing, onEdit }: EditButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(editing);
  useEffect(() => {
    if (wasEditing.current && !editing) button.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  if (editing || onEdit === null) return null;
  return (
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
  );
}
