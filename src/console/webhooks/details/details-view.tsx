/** Name, description and scope, as they are saved. */
import { Text } from '@mantine/core';

import { Facts } from '../../ui/facts.tsx';
import { LoginName } from '../../ui/login-name.tsx';
import type { DetailedWebhook } from './use-webhook.ts';

export function DetailsView({ webhook }: { webhook: DetailedWebhook }) {
  const { name, description, forLogin, team, account } = webhook;
  const nothing = (text: string) => (
    <Text span size="sm" c="dimmed">
      {text}
    </Text>
  );
  return (
    <Facts
      rows={[
        ['Name', name],
        ['Description', description === '' ? nothing('None') : description],
        [
          'Watches',
          forLogin ? (
            <span key="scope">
              What the login <LoginName login={forLogin} /> does, and all logins below it
            </span>
          ) : team ? (
            <span key="scope">What the members of the team {team.name} do; they may read this webhook</span>
          ) : (
            <span key="scope">
              The whole account <LoginName login={account} />, with the accounts below it
            </span>
          ),
        ],
        forLogin ? ['For Login', <LoginName key="for" login={forLogin} />] : null,
        team ? ['Team', team.name] : null,
      ]}
    />
  );
}
