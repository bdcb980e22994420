/** What a list or page shows when there is nothing to show: loading, error, empty, no match, no right, not found. */
import { Alert, Button, Center, Group, Loader, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconFilterOff,
  IconInbox,
  IconLock,
  IconMapQuestion,
  IconRefresh,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { CombinedError } from 'urql';

import { describeError } from '../api/problems.ts';

/** A spinner that says what it waits for. */
export function LoadingState({ what }: { what: string }) {
  return (
    <Center py="xl">
      <Group gap="sm">
        <Loader size="sm" aria-hidden />
        <Text role="status" c="dimmed">
          Loading {what} …
        </Text>
      </Group>
    </Center>
  );
}

/** An error in words, with a way to try again. */
export function ErrorState({ error, onRetry }: { error: CombinedError | null; onRetry: () => void }) {
  return (
    <Alert
      color="red"
      icon={<IconAlertTriangle aria-hidden />}
      title="This could not be loaded"
      role="alert"
      my="md"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{describeError(error)}</Text>
        <Button variant="default" leftSection={<IconRefresh aria-hidden size={16} />} onClick={onRetry}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}

interface BlankProps {
  icon: ReactNode;
  title: string;
  /** Whether there is nothing else on the page, so that this is its heading. */
  page?: boolean;
  children?: ReactNode;
}

function Blank({ icon, title, page = false, children }: BlankProps) {
  return (
    <Center py="xl" px="md">
      <Stack align="center" gap="xs" maw={520} ta="center">
        <ThemeIcon variant="light" size={56} radius="xl" aria-hidden>
          {icon}
        </ThemeIcon>
        <Title order={page ? 1 : 2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Center>
  );
}

/** Nothing is there yet: what that means, and the first step. */
export function EmptyState({ title, text, action }: { title: string; text: ReactNode; action?: ReactNode }) {
  return (
    <Blank icon={<IconInbox size={28} />} title={title}>
      <Text c="dimmed">{text}</Text>
      {action}
    </Blank>
  );
}

/** Search and filters leave nothing. */
export function NoMatchState({ what, onClear }: { what: string; onClear: () => void }) {
  return (
    <Blank icon={<IconFilterOff size={28} />} title={`No ${what} match`}>
      <Text c="dimmed">Nothing fits the search and the filters that are set.</Text>
      <Button variant="default" onClick={onClear}>
        Clear filters
      </Button>
    </Blank>
  );
}

/** The page exists, and the signed-in login may not see it. */
export function ForbiddenPage({ permission }: { permission: string }) {
  return (
    <Blank icon={<IconLock size={28} />} title="You may not see this page" page>
      <Text c="dimmed">
        It needs the permission {permission}. Somebody who manages access in your account can give it to you.
      </Text>
      <Button component={Link} to="/" variant="default">
        To the start page
      </Button>
    </Blank>
  );
}

/** There is no such thing, or none that the signed-in login may see: the API makes no difference, nor does this. */
export function NotFoundPage({ what = 'page' }: { what?: string }) {
  return (
    <Blank icon={<IconMapQuestion size={28} />} title={`There is no such ${what}`} page>
      <Text c="dimmed">It may have been deleted, or lie outside of what you may see. Check the address.</Text>
      <Button component={Link} to="/" variant="default">
        To the start page
      </Button>
    </Blank>
  );
}
