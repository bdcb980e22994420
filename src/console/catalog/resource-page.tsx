/** One resource: what can happen to it, its model, and how an event of it arrives; with CATALOG_MANAGE its form (?edit). */
import { Alert, Anchor, Button, Group, Tabs, Text } from '@mantine/core';
import { IconHistory, IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { useQuery } from 'urql';

import { CatalogResourceDetailsDocument, CatalogTableDocument } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useMay } from '../session/viewer.tsx';
import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorState, LoadingState, NotFoundPage } from '../ui/states.tsx';
import { useFilters } from '../ui/use-filters.ts';
import { Arrival } from './arrival.tsx';
import { BuiltInBadge, isBuiltIn } from './built-in.tsx';
import { EventsTable } from './events-table.tsx';
import { RemoveDialog } from './remove-dialog.tsx';
import { type Resource, ResourceForm } from './resource-form.tsx';
import { AllowedBadge } from './support-badge.tsx';
import { SwitchedTriggers } from './switched-triggers.tsx';

export function ResourcePage() {
  const { name = '' } = useParams();
  // The API finds one resource by its id; the list, which the dropdowns read anyway, knows the ids.
  const [list, readList] = useQuery({ query: CatalogTableDocument });
  const id = list.data?.catalog?.find((resource) => resource.name === name)?.id;
  const [details, readDetails] = useQuery({
    query: CatalogResourceDetailsDocument,
    variables: { id: id ?? '' },
    pause: id === undefined,
  });
  const node = details.data?.node;
  if (node && 'model' in node && node.id === id) return <Known resource={node} />;
  const error = list.error ?? details.error;
  if (error)
    return (
      <ErrorState
        error={error}
        onRetry={() => {
          readList({ requestPolicy: 'network-only' });
          if (id !== undefined) readDetails({ requestPolicy: 'network-only' });
        }}
      />
    );
  if (list.fetching || details.fetching || list.stale) return <LoadingState what="the resource" />;
  return <NotFoundPage what="resource" />;
}

function Known({ resource }: { resource: Resource }) {
  const { values, set } = useFilters('edit');
  const builtIn = isBuiltIn(resource);
  // What the server itself tells of is nobody's to change.
  const mayChange = useMay('CATALOG_MANAGE') && !builtIn;
  const navigate = useNavigate();
  const [removing, setRemoving] = useState(false);
  const { id, name, label, description, allowed, events, model, payloadSchema } = resource;
  const trail = [{ label: 'Catalog', to: '/settings/api/catalog' }];
  if (mayChange && values.edit !== '')
    return (
      <Page title={`Edit ${label}`} trail={[...trail, { label: name }]}>
        <ResourceForm resource={resource} onCancel={() => set({ edit: null })} />
      </Page>
    );
  return (
    <Page
      title={label}
      trail={[...trail, { label: name }]}
      badge={
        <Group gap="xs">
          {builtIn && <BuiltInBadge />}
          <AllowedBadge allowed={allowed} />
        </Group>
      }
      description={description || undefined}
      actions={
        mayChange && (
          <>
            <Button
              component={Link}
              to={`/audit?subject=${id}`}
              variant="default"
              leftSection={<IconHistory aria-hidden size={17} />}
            >
              Changes
            </Button>
            <Button
              variant="default"
              leftSection={<IconPencil aria-hidden size={17} />}
              onClick={() => set({ edit: '1' })}
            >
              Edit
            </Button>
            <Button
              variant="default"
              leftSection={<IconTrash aria-hidden size={17} />}
              onClick={() => setRemoving(true)}
            >
              Remove
            </Button>
          </>
        )
      }
    >
      <SwitchedTriggers />
      {!allowed && (
        <Alert color="gray" title="Webhooks may not listen to this resource">
          A trigger on it is kept, stays inactive and says why. It becomes active by itself when the resource
          is allowed.
        </Alert>
      )}
      <Section
        title="Events"
        description="What can happen to it. A trigger names the resource and one of these."
      >
        <EventsTable resource={label} sentBy={builtIn ? 'this server' : 'the host'} events={events} />
      </Section>
      <Section
        title="How it arrives"
        description="A POST with the entity inside an envelope, here with the example of the catalog."
      >
        <Arrival resource={resource} />
      </Section>
      <Section
        title="Model"
        description="Every payload follows it: what does not is refused when it is published."
      >
        <Tabs defaultValue="graphql" keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="graphql">GraphQL</Tabs.Tab>
            <Tabs.Tab value="schema">JSON Schema</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="graphql" pt="sm">
            <CodeBlock text={model.trim()} label={`GraphQL model of ${label}`} />
          </Tabs.Panel>
          <Tabs.Panel value="schema" pt="sm">
            <CodeBlock text={prettyJson(payloadSchema)} label={`JSON Schema of ${label}`} />
          </Tabs.Panel>
        </Tabs>
      </Section>
      <Text size="sm" c="dimmed">
        How webhooks are set up and checked:{' '}
        <Anchor component={Link} to="/guide" size="sm">
          Set Up Webhooks
        </Anchor>
      </Text>
      <RemoveDialog
        resource={resource}
        opened={removing}
        onClose={() => setRemoving(false)}
        onRemoved={() => void navigate('/settings/api/catalog')}
      />
    </Page>
  );
}
