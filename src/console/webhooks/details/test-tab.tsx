/** A test delivery before the real ones: what to send where, and how it went. */
import { Alert, Button, Stack } from '@mantine/core';

import { Section } from '../../ui/section.tsx';
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
      <Section
        title="Send a test event"
        description="It is sent like a real one, whether or not the webhook is enabled: a request is signed and has the header webhook-test: true, a mail says that it is a test, and goes only to mailboxes that have confirmed. It is no event: no trigger fires for it."
      >
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
      </Section>
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
