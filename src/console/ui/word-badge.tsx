/** A state as a word beside an icon; the colour is on the icon alone, so that the word is read well in both schemes. */
import { Badge, type BadgeProps, type MantineColor } from '@mantine/core';
import type { ReactNode } from 'react';

interface WordBadgeProps extends BadgeProps {
  color: MantineColor;
  icon: ReactNode;
  role?: string;
}

export function WordBadge({ color, icon, children, ...rest }: WordBadgeProps) {
  const shade = `light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-4))`;
  return (
    <Badge
      variant="default"
      fw={550}
      size="lg"
      fz="xs"
      leftSection={<span style={{ display: 'flex', color: shade }}>{icon}</span>}
      {...rest}
    >
      {children}
    </Badge>
  );
}
