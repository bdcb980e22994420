/** What can be listened to: all resources, and with CATALOG_MANAGE a form for another one (?register). */
import { Alert, Anchor, Button, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, useNavigate } from 'react-router';

import { useWhole } from '../api/use-whole.ts';
import { CatalogTableDocument, type CatalogTableQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useMay } from '../session/viewer.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { useFilters } from '../ui/use-filters.ts';
import { BuiltInBadge, isBuiltIn } from './built-in.tsx';
import { resourceAddress } from './resource-address.ts';
import { ResourceForm } from './resource-form.tsx';
import { AllowedBadge } from './support-badge.tsx';

type Row = NonNullable<CatalogTableQuery['catalog']>[number];

export function CatalogPage() {
  const { values, set } = useFilters('search', 'register');
  const mayManage = useMay('CATALOG_MANAGE');
  const navigate = useNavigate();
  const wanted = values.search.toLowerCase();
  const list = useWhole({
    document: CatalogTableDocument,
    variables: {},
    select: (data: CatalogTableQuery) => data.catalog,
    keep: ({ name, label, description }) => `${name} ${label} ${description}`.toLowerCase().includes(wanted),
  });
  if (mayManage && values.register !== '')
    return (
      <Page
        title="Register resource"
        trail={[{ label: 'Catalog', to: '/settings/api/catalog' }, { label: 'New' }]}
        description="A kind of thing in the host application, the model that its payloads follow, and what can happen to it."
      >
        <ResourceForm resource={null} onCancel={() => set({ register: null })} />
      </Page>
    );

  const add = (
    <Button leftSection={<IconPlus aria-hidden size={17} />} onClick={() => set({ register: '1' })}>
      Register resource
    </Button>
  );
  const nothingOfHost = list.status === 'ready' && wanted === '' && list.rows.every(isBuiltIn);
  return (
    <Page
      title="Catalog"
      description="What webhooks can listen to: the resources of the host application and what can happen to them."
      actions={mayManage && !nothingOfHost && add}
    >
      <SearchField label="Search resources" value={values.search} onChange={(search) => set({ search })} />
      {nothingOfHost && (
        <Alert color="blue" role="status" title="Nothing of the host application yet">
          <Stack gap="xs" align="flex-start">
            <Text size="sm">
              {mayManage
                ? 'Register the first resource: then events can be published and webhooks can listen to them.'
                : 'Somebody who manages the catalog registers what there is to listen to.'}
            </Text>
            {mayManage && add}
          </Stack>
        </Alert>
      )}
      <DataTable
        label="Catalog"
        what="resources"
        list={list}
        columns={COLUMNS}
        onOpen={({ name }) => void navigate(resourceAddress(name))}
        filtered={wanted !== ''}
        onClearFilters={() => set({ search: null })}
        empty={{ title: 'The catalog is empty', text: 'Nothing can be listened to yet.' }}
      />
    </Page>
  );
}

const COLUMNS: Column<Row>[] = [
  {
    key: 'label',
    header: 'Resource',
    width: '24%',
    cell: ({ name, label }) => (
      <>
        <Anchor component={Link} to={resourceAddress(name)} size="sm" fw={550}>
          {label}
        </Anchor>{' '}
        <Text span size="xs" c="dimmed" ff="monospace">
          {name}
        </Text>{' '}
        {isBuiltIn({ name }) && <BuiltInBadge />}
      </>
    ),
  },
  { key: 'description', header: 'What it is', cell: ({ description }) => description || '–' },
  {
    key: 'allowed',
    header: 'Webhooks',
    width: '10rem',
    cell: ({ allowed }) => <AllowedBadge allowed={allowed} />,
  },
  {
    key: 'events',
    header: 'Events',
    width: '11rem',
    cell: ({ events }) => {
      const supported = events.filter((event) => event.supported).length;
      return supported === events.length ? events.length : `${events.length}, ${supported} supported`;
    },
  },
];
