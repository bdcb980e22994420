/** The Create Webhooks link on top of the Webhooks page: made, copied, opened, made anew, revoked. */
import { Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconExternalLink, IconLink, IconRefresh, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useMutation, useQuery } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import { describeError } from '../api/problems.ts';
import {
  ConsoleWebhooksLinkDocument,
  ConsoleWebhooksLinkRevokeDocument,
  ConsoleWebhooksLinkRotateDocument,
} from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Section } from '../ui/section.tsx';
import { Time } from '../ui/time.tsx';
import classes from './create-link.module.css';

type Question = 'rotate' | 'revoke' | null;

export function CreateLink() {
  const [{ data, error, fetching }, reload] = useQuery({
    query: ConsoleWebhooksLinkDocument,
    requestPolicy: 'cache-and-network',
  });
  const [made, rotate] = useMutation(ConsoleWebhooksLinkRotateDocument);
  const [, revoke] = useMutation(ConsoleWebhooksLinkRevokeDocument);
  const [question, setQuestion] = useState<Question>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const link = data?.webhooksLink ?? null;
  const refresh = (): void => reload({ requestPolicy: 'network-only' });

  async function make(): Promise<string | null> {
    const { data: answer, error: failed } = await rotate({});
    const problem = troubleOf(failed, answer?.webhooksLinkRotate);
    if (problem === null) refresh();
    return problem;
  }

  async function remake(): Promise<string | null> {
    const problem = await make();
    if (problem === null) notifications.show({ message: 'The link is a new one. The old one has ended.' });
    return problem;
  }

  async function end(): Promise<string | null> {
    const { data: answer, error: failed } = await revoke({});
    const problem = troubleOf(failed, answer?.webhooksLinkRevoke);
    if (problem === null) {
      refresh();
      notifications.show({ message: 'The link has ended: whoever still asks for it gets nothing.' });
    }
    return problem;
  }

  return (
    <Section
      title="Create Webhooks Link"
      description="A secret address of your own, for sites that fetch notifications at their own pace, or subscribe by themselves. Opened in a browser it shows the Webhooks API information. Whoever has it sees the notifications that you may see."
    >
      {error && link === null ? (
        <Group gap="sm" role="alert">
          <Text size="sm">{describeError(error)}</Text>
          <Button size="xs" variant="default" onClick={refresh}>
            Try again
          </Button>
        </Group>
      ) : fetching && !data ? (
        <Skeleton h={36} radius="md" />
      ) : link === null ? (
        <Stack gap="xs" align="flex-start">
          <Text size="sm">There is no link yet: no site can fetch anything.</Text>
          <Button
            variant="default"
            leftSection={<IconLink aria-hidden size={17} />}
            loading={made.fetching}
            onClick={() => void make().then(setTrouble)}
          >
            Make the link
          </Button>
          {trouble !== null && (
            <Text size="sm" c="red" role="alert">
              {trouble}
            </Text>
          )}
        </Stack>
      ) : (
        <Stack gap="xs">
          <Group gap={4} wrap="nowrap" className={classes['address']}>
            <code className={classes['url']} data-testid="create-link">
              {link.url}
            </code>
            <CopyButton value={link.url} what="the Create Webhooks link" />
          </Group>
          <Group justify="space-between" gap="sm">
            <Text size="sm" c="dimmed">
              Made <Time at={link.createdAt} />,{' '}
              {link.lastUsedAt ? (
                <>
                  last used <Time at={link.lastUsedAt} />
                </>
              ) : (
                'not used yet'
              )}
              .
            </Text>
            <Group gap="xs">
              <Anchor href={link.url} target="_blank" rel="noreferrer" size="sm">
                <Group gap={4} component="span">
                  Webhooks API information <IconExternalLink aria-hidden size={15} />
                </Group>
              </Anchor>
              <Button
                size="xs"
                variant="default"
                leftSection={<IconRefresh aria-hidden size={15} />}
                onClick={() => setQuestion('rotate')}
              >
                Rotate
              </Button>
              <Button
                size="xs"
                variant="default"
                leftSection={<IconTrash aria-hidden size={15} />}
                onClick={() => setQuestion('revoke')}
              >
                Revoke
              </Button>
            </Group>
          </Group>
        </Stack>
      )}
      <ConfirmDialog
        opened={question === 'rotate'}
        title="Rotate the Create Webhooks Link"
        confirmLabel="Make a new link"
        danger={false}
        onConfirm={remake}
        onClose={() => setQuestion(null)}
      >
        <Text>
          You get a new address, and the old one ends at once: each site that fetches from it has to be given
          the new one. What it has fetched so far, it can go on from.
        </Text>
      </ConfirmDialog>
      <ConfirmDialog
        opened={question === 'revoke'}
        title="Revoke the Create Webhooks Link"
        confirmLabel="Revoke"
        onConfirm={end}
        onClose={() => setQuestion(null)}
      >
        <Text>
          The address ends at once, for every site that fetches from it. What sites have subscribed with it
          stays: those are webhooks in the table below.
        </Text>
      </ConfirmDialog>
    </Section>
  );
}
