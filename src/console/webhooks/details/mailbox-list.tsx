/** The mailboxes that an endpoint writes to: one row each, with what its owner or its server has said; and another mail to confirm. */
import { Stack, Text } from '@mantine/core';
import { IconBan, IconCheck, IconMailOff, IconMailQuestion, type TablerIcon } from '@tabler/icons-react';

import type { MailboxStatus } from '../../gql/graphql.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { LoginName } from '../../ui/login-name.tsx';
import { useNow } from '../../ui/time.tsx';
import { AskAgain } from './ask-again.tsx';
import classes from './mailbox-list.module.css';
import { isWaiting, type Mailbox, mailboxWords, mayAskAgain } from './mailbox-words.ts';
import type { DetailedEndpoint } from './use-webhook.ts';

const LOOKS: Record<MailboxStatus, [color: string, icon: TablerIcon]> = {
  CONFIRMED: ['green', IconCheck],
  UNCONFIRMED: ['orange', IconMailQuestion],
  SUPPRESSED: ['red', IconBan],
  UNSUBSCRIBED: ['gray', IconMailOff],
};

/** How often "3 minutes ago" is worked out anew, ms. */
const TICK_MS = 10_000;

/** An endpoint of a webhook's page. */
export interface EndpointFactsProps {
  endpoint: DetailedEndpoint;
  /** "Endpoint 2". */
  name: string;
  mayEdit: boolean;
  reload: () => Promise<void>;
}

export function MailboxList({ endpoint, name, mayEdit, reload }: EndpointFactsProps) {
  const { mailboxes } = endpoint;
  const now = useNow(mailboxes.some(isWaiting) ? TICK_MS : null);
  return (
    <Stack gap="xs" align="flex-start">
      <ul className={classes['list']} aria-label={`Mailboxes of ${name.toLowerCase()}`}>
        {mailboxes.map((mailbox) => (
          <li key={mailbox.address} className={classes['row']}>
            <MailboxRow mailbox={mailbox} now={now} />
          </li>
        ))}
      </ul>
      {mayEdit && mayAskAgain(endpoint) && <AskAgain endpoint={endpoint} name={name} reload={reload} />}
    </Stack>
  );
}

function MailboxRow({ mailbox, now }: { mailbox: Mailbox; now: number }) {
  const { address, status, login } = mailbox;
  const [color, Icon] = LOOKS[status];
  return (
    <>
      <Icon
        aria-hidden
        size={17}
        className={classes['icon']}
        color={`light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-4))`}
      />
      <div className={classes['words']}>
        <div className={classes['address']}>
          <Text span size="sm" ff="monospace">
            {address}
          </Text>
          <CopyButton value={address} what={`the address ${address}`} />
          {login && (
            <Text span size="sm" c="dimmed">
              <LoginName login={login} />
            </Text>
          )}
        </div>
        <Text size="sm" data-mailbox={status}>
          {mailboxWords(mailbox, now)}
        </Text>
      </div>
    </>
  );
}
