/** The button that sends a form. While it is at work it stays where it is: a disabled one would lose the focus. */
import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';

export function SubmitButton(props: { busy: boolean; disabled?: boolean; children: ReactNode }) {
  const { busy, disabled = false, children } = props;
  return (
    <Button
      type="submit"
      aria-busy={busy}
      disabled={disabled}
      leftSection={busy ? <Loader size="xs" color="currentColor" aria-hidden /> : undefined}
    >
      {children}
    </Button>
  );
}
