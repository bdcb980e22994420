/** The Webhooks page: the link on top, ADD WEBHOOK below it, then the saved table; the wizard opens over it. */
import { Anchor, Box, Button, Group, List, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, Outlet, useLocation } from 'react-router';

import { Page } from '../layout/page.tsx';
import { CreateLink } from './create-link.tsx';
import { DraftsNotice } from './drafts-notice.tsx';
import { SavedWebhooks } from './saved-webhooks.tsx';

export function WebhooksPage() {
  const { search } = useLocation();
  const add = (
    <Button
      component={Link}
      to={{ pathname: '/webhooks/new', search }}
      leftSection={<IconPlus aria-hidden size={17} />}
    >
      ADD WEBHOOK
    </Button>
  );
  return (
    <Page
      title="Webhooks"
      description={
        <>
          Have another server told by itself when something happens here. New to it? Read{' '}
          <Anchor component={Link} to="/guide">
            Set Up Webhooks
          </Anchor>
          .
        </>
      }
    >
      <CreateLink />
      <Box>{add}</Box>
      <DraftsNotice />
      <SavedWebhooks first={add} />
      <RelatedPages />
      <Outlet />
    </Page>
  );
}

function RelatedPages() {
  const pages: [to: string, label: string, text: string][] = [
    ['/guide', 'Set Up Webhooks', 'the guide: what arrives, and how to check that it is genuine'],
    ['/deliveries', 'Deliveries', 'every attempt, as it happens'],
    [
      '/settings/api/webhook-listeners',
      'Webhook Listeners',
      'the same webhooks, for those who look under Settings',
    ],
    ['/settings/api/catalog', 'Catalog', 'what can be listened to'],
  ];
  return (
    <Stack component="section" gap="xs" aria-labelledby="related-pages">
      <Title order={2} size="h4" id="related-pages">
        Related pages
      </Title>
      <List size="sm" spacing={4}>
        <List.Item>Webhook Details: choose a row of the table</List.Item>
        {pages.map(([to, label, text]) => (
          <List.Item key={to}>
            <Group gap={6} component="span">
              <Anchor component={Link} to={to} size="sm">
                {label}
              </Anchor>
              <Text span size="sm" c="dimmed">
                {text}
              </Text>
            </Group>
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}
