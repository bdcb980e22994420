/** A part of a page with a heading of its own, in a frame. */
import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useId } from 'react';

import classes from './section.module.css';

interface SectionProps {
  title: string;
  /** To be linked to: #id. */
  id?: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, id, description, actions, children }: SectionProps) {
  const own = useId();
  const heading = id ?? own;
  return (
    <Paper component="section" withBorder p={{ base: 'sm', sm: 'md' }} aria-labelledby={heading}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <Stack gap={2}>
            <Title order={2} size="h4" id={heading} tabIndex={-1} className={classes['heading']}>
              {title}
            </Title>
            {description !== undefined && (
              <Text size="sm" c="dimmed" maw={720}>
                {description}
              </Text>
            )}
          </Stack>
          {actions}
        </Group>
        {children}
      </Stack>
    </Paper>
  );
}
