/** The head of a page: its title, which takes the focus when one comes from another page, and its actions. */
import { Anchor, Breadcrumbs, Group, Stack, Text, Title } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'react-router';

interface PageProps {
  title: string;
  /** The pages above, outermost first. */
  trail?: { label: string; to?: string }[];
  description?: ReactNode;
  /** Beside the title: the state of the thing. */
  badge?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

let visited = false;

export function Page({ title, trail, description, badge, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Bellwire`;
  }, [title]);
  useEffect(() => {
    // The first page of a visit leaves the focus where the browser puts it.
    if (visited && document.querySelector('[role="dialog"]') === null) heading.current?.focus();
    visited = true;
  }, []);
  return (
    <Stack gap="md">
      {trail && (
        <nav aria-label="Breadcrumbs">
          <Breadcrumbs separatorMargin={6}>
            {trail.map(({ label, to }) =>
              to === undefined ? (
                <Text key={label} size="sm" c="dimmed">
                  {label}
                </Text>
              ) : (
                <Anchor key={label} component={Link} to={to} size="sm">
                  {label}
                </Anchor>
              ),
            )}
          </Breadcrumbs>
        </nav>
      )}
      <Group justify="space-between" align="flex-start">
        <Stack gap={4}>
          <Group gap="sm">
            <Title order={1} size="h2" ref={heading} tabIndex={-1}>
              {title}
            </Title>
            {badge}
          </Group>
          {description !== undefined && (
            <Text c="dimmed" maw={720}>
              {description}
            </Text>
          )}
        </Stack>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
