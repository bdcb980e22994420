/** What nobody edits: numbers and ids, whose it is, when it was made and changed. */
import { Code, Group, Paper, Stack, Title } from '@mantine/core';

import { CopyButton } from '../../ui/copy-button.tsx';
import { Facts } from '../../ui/facts.tsx';
import { LoginName } from '../../ui/login-name.tsx';
import { formatNumber, Time } from '../../ui/time.tsx';
import type { DetailedWebhook } from './use-webhook.ts';

export function About({ webhook }: { webhook: DetailedWebhook }) {
  const { number, id, login, account, createdAt, updatedAt, version } = webhook;
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="part-about">
      <Stack gap="md">
        <Title order={2} size="h4" id="part-about">
          About
        </Title>
        <Facts
          rows={[
            [
              'ID',
              <Group key="number" gap={4} wrap="nowrap">
                <span>{number}</span>
                <CopyButton value={String(number)} what="the ID" />
              </Group>,
            ],
            [
              'For the API',
              <Group key="id" gap={4} wrap="nowrap">
                <Code>{id}</Code>
                <CopyButton value={id} what="the id for the API" />
              </Group>,
            ],
            ['Login', <LoginName key="login" login={login} />],
            ['Account', <LoginName key="account" login={account} />],
            ['Created', <Time key="created" at={createdAt} full />],
            ['Updated', <Time key="updated" at={updatedAt} full />],
            ['Version', formatNumber(version)],
          ]}
        />
      </Stack>
    </Paper>
  );
}
