/** Settings > API > Webhook Listeners: the saved webhooks once more, with a button that opens the wizard as a page. */
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from 'react-router';

import { Page } from '../layout/page.tsx';
import { DraftsNotice } from './drafts-notice.tsx';
import { SavedWebhooks } from './saved-webhooks.tsx';

export function ListenersPage() {
  const add = (
    <Button
      component={Link}
      to="/settings/api/webhook-listeners/new"
      leftSection={<IconPlus aria-hidden size={17} />}
    >
      New Webhook Listener
    </Button>
  );
  return (
    <Page
      title="Webhook Listeners"
      trail={[{ label: 'Settings' }, { label: 'API' }]}
      description="Each listener sends the records of one kind to a server or a mailbox of yours when they are created or updated."
      actions={add}
    >
      <DraftsNotice newPath="/settings/api/webhook-listeners/new" />
      <SavedWebhooks first={add} />
    </Page>
  );
}
