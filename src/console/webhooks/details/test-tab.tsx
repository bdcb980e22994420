/** A test delivery before the real ones: what to send where, and how it went. */
import { Alert, Button, Paper, Stack, Text, Title } from '@mantine/core';

import { EmptyState, LoadingState } from '../../ui/states.tsx';
import { useCatalog } from '../editor/catalog-choice.ts';
import { TestForm } from './test-form.tsx';
import { TestResult } from './test-result.tsx';
import { useTestEvent } from './use-test-event.ts';
import type { DetailedWebhook } from './use-webhook.ts';

export function TestTab({ webhook }: { webhook: DetailedWebhook }) {
  const { catalog, failed, retry } = useCatalog();
  const test = useTestEvent();
  return (
    <Stack gap="md">
      <Paper component="section" withBorder p="md" aria-labelledby="part-test">
        <Stack gap="md">
          <div>
            <Title order={2} size="h4" id="part-test">
              Send a test event
            </Title>
            <Text size="sm" c="dimmed" maw={720}>
              It is signed and sent like a real one, whether or not the webhook is enabled, with the header
              webhook-test: true. It is no event: no trigger fires for it.
            </Text>
          </div>
          {failed ? (
            <CatalogFailed onRetry={retry} />
          ) : catalog === null ? (
            <LoadingState what="the catalog" />
          ) : catalog.length === 0 ? (
            <EmptyState
              title="The catalog is empty"
              text="There is nothing to send until the host application has registered a resource."
            />
          ) : (
            <TestForm webhook={webhook} catalog={catalog} test={test} />
          )}
        </Stack>
      </Paper>
      {test.sent !== null && <TestResult deliveries={test.sent} />}
    </Stack>
  );
}

function CatalogFailed({ onRetry }: { onRetry: () => void }) {
  return (
    <Alert color="red" role="alert" title="The catalog could not be loaded">
      <Button variant="default" onClick={onRetry}>
        Try again
      </Button>
    </Alert>
  );
}
