/** All logins that the viewer may see, and a dialog for a new one. */
import { Anchor, Button, Group } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Link, useNavigate } from 'react-router';

import { usePages } from '../api/use-pages.ts';
import { LoginsTableDocument, type LoginsTableQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { useFilters } from '../ui/use-filters.ts';
import { AccountBadge, DisabledBadge } from './login-badges.tsx';
import { LoginDialog } from './login-dialog.tsx';
import { PermissionNames } from './permissions.tsx';

type Row = NonNullable<LoginsTableQuery['logins']>['nodes'][number];

const COLUMNS: Column<Row>[] = [
  {
    key: 'number',
    header: 'Number',
    width: '6rem',
    cell: ({ id, number, name }) => (
      <Anchor component={Link} to={`/logins/${id}`} size="sm" aria-label={`${number}, ${name}`}>
        {number}
      </Anchor>
    ),
  },
  {
    key: 'name',
    header: 'Name',
    width: '22%',
    cell: ({ name, isAccount, disabled }) => (
      <Group gap={6}>
        {name}
        {isAccount && <AccountBadge />}
        {disabled && <DisabledBadge />}
      </Group>
    ),
  },
  { key: 'email', header: 'E-mail', width: '22%', cell: ({ email }) => email || '–' },
  {
    key: 'parent',
    header: 'Below',
    width: '16%',
    cell: ({ parent }) => (parent ? <LoginName login={parent} /> : '–'),
  },
  {
    key: 'permissions',
    header: 'Permissions',
    cell: ({ permissions }) => <PermissionNames permissions={permissions} />,
  },
];

export function LoginsPage() {
  const { values, set } = useFilters('search', 'new');
  const navigate = useNavigate();
  const announce = useAnnounce();
  const list = usePages({
    document: LoginsTableDocument,
    variables: { search: values.search || null },
    select: (data: LoginsTableQuery) => data.logins,
  });
  useEffect(() => {
    if (list.status === 'ready' && list.total !== null)
      announce(list.total === 1 ? 'One login' : `${list.total} logins`);
  }, [announce, list.status, list.total]);

  return (
    <Page
      title="Logins"
      description="People and programs that use this server, as a tree: whoever stands above manages those below."
      actions={
        <Button leftSection={<IconPlus aria-hidden size={17} />} onClick={() => set({ new: '1' })}>
          New login
        </Button>
      }
    >
      <SearchField label="Search logins" value={values.search} onChange={(search) => set({ search })} />
      <DataTable
        label="Logins"
        what="logins"
        list={list}
        columns={COLUMNS}
        onOpen={({ id }) => void navigate(`/logins/${id}`)}
        filtered={values.search !== ''}
        onClearFilters={() => set({ search: null })}
        empty={{
          title: 'No login yet',
          text: 'Make one for each person and each program, and grant it what it needs.',
        }}
      />
      <LoginDialog opened={values.new !== ''} onClose={() => set({ new: null })} />
    </Page>
  );
}
