/** The frame of one row of a form's list: its number as its legend, and the way to take it out again. */
import { Button, Fieldset, Group, Text } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { type ReactNode, useRef, useState } from 'react';

interface RowFrameProps {
  /** "Endpoint 2". */
  name: string;
  /** Undefined where it is the only row, which stays. */
  onRemove?: (() => void) | undefined;
  /** Whether there is something in it, so that it is asked before it goes. */
  filled: boolean;
  children: ReactNode;
}

export function RowFrame({ name, onRemove, filled, children }: RowFrameProps) {
  const [asking, setAsking] = useState(false);
  const removeButton = useRef<HTMLButtonElement>(null);

  function keep(): void {
    setAsking(false);
    requestAnimationFrame(() => removeButton.current?.focus());
  }

  return (
    <Fieldset legend={name} miw={0} styles={{ legend: { fontWeight: 600 } }}>
      {onRemove && (
        <Group
          justify="flex-end"
          gap="xs"
          mb={4}
          onKeyDown={(event) => {
            if (asking && event.key === 'Escape') keep();
          }}
        >
          {asking ? (
            <>
              <Text size="sm">Remove {name.toLowerCase()} with what is in it?</Text>
              {/* Escape means this question, not the dialog around it. */}
              <Button
                size="compact-sm"
                color="red"
                autoFocus
                data-mantine-stop-propagation="true"
                onClick={onRemove}
              >
                Remove
              </Button>
              <Button size="compact-sm" variant="default" data-mantine-stop-propagation="true" onClick={keep}>
                Keep
              </Button>
            </>
          ) : (
            <Button
              ref={removeButton}
              size="compact-sm"
              variant="subtle"
              color="red"
              leftSection={<IconTrash aria-hidden size={14} />}
              aria-label={`Remove ${name.toLowerCase()}`}
              onClick={() => (filled ? setAsking(true) : onRemove())}
            >
              Remove
            </Button>
          )}
        </Group>
      )}
      {children}
    </Fieldset>
  );
}
