/**
 * A button for what takes a moment. While it is under way the button shows so and does nothing, but it is not disabled:
 * one that is loses the focus, and whoever works by keyboard the place.
 */
import { Button, type ButtonProps } from '@mantine/core';
import type { ComponentProps } from 'react';

interface BusyButtonProps extends ButtonProps {
  busy: boolean;
  onClick: () => void;
}

export function BusyButton({ busy, onClick, disabled, ...props }: BusyButtonProps) {
  return (
    <Button
      {...props}
      loading={busy}
      disabled={disabled}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={() => {
        if (!busy) onClick();
      }}
      renderRoot={(root: ComponentProps<'button'>) => <button {...root} disabled={disabled} />}
    />
  );
}
