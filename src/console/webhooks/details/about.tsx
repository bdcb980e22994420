/** What nobody edits: numbers and ids, whose it is, when it was made and changed. */
import { Code, Group } from '@mantine/core';

import { CopyButton } from '../../ui/copy-button.tsx';
import { Facts } from '../../ui/facts.tsx';
import { LoginName } from '../../ui/login-name.tsx';
import { Section } from '../../ui/section.tsx';
import { formatNumber, Time } from '../../ui/time.tsx';
import type { DetailedWebhook } from './use-webhook.ts';

export function About({ webhook }: { webhook: DetailedWebhook }) {
  const { number, id, login, account, createdAt, updatedAt, version } = webhook;
  return (
    <Section title="About">
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
    </Section>
  );
}
