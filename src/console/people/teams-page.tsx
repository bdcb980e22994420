/** The teams that the viewer may see; each opens in a dialog, at an address of its own. */
import { Anchor, Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useEffect } from 'react';
import { Link, useLocation } from 'react-router';

import { usePages } from '../api/use-pages.ts';
import { TeamsTableDocument, type TeamsTableQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useMay } from '../session/viewer.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { formatNumber, Time } from '../ui/time.tsx';
import { useFilters } from '../ui/use-filters.ts';
import { NewTeamDialog } from './new-team-dialog.tsx';
import { TeamDialog } from './team-dialog.tsx';

type Row = NonNullable<TeamsTableQuery['teams']>['nodes'][number];

export function TeamsPage() {
  const { values, set } = useFilters('search', 'team', 'new');
  const mayManage = useMay('ACCESS_MANAGE');
  const announce = useAnnounce();
  const list = usePages({
    document: TeamsTableDocument,
    variables: { search: values.search || null },
    select: (data: TeamsTableQuery) => data.teams,
  });
  useEffect(() => {
    if (list.status === 'ready' && list.total !== null)
      announce(list.total === 1 ? 'One team' : `${list.total} teams`);
  }, [announce, list.status, list.total]);
  const add = (
    <Button leftSection={<IconPlus aria-hidden size={17} />} onClick={() => set({ new: '1' })}>
      New team
    </Button>
  );

  return (
    <Page
      title="Teams"
      description="A webhook can watch what the members of a team do, wherever they stand. Members may read their team's webhooks."
      actions={mayManage && add}
    >
      <SearchField label="Search teams" value={values.search} onChange={(search) => set({ search })} />
      <DataTable
        label="Teams"
        what="teams"
        list={list}
        columns={COLUMNS}
        onOpen={({ id }) => set({ team: id })}
        filtered={values.search !== ''}
        onClearFilters={() => set({ search: null })}
        empty={{
          title: 'No team yet',
          text: 'Put logins together whose activity one webhook is to watch.',
          ...(mayManage ? { action: add } : {}),
        }}
      />
      {mayManage && (
        <NewTeamDialog
          opened={values.new !== ''}
          onClose={() => set({ new: null })}
          onCreated={(id) => {
            list.reload();
            set({ new: null, team: id });
          }}
        />
      )}
      <TeamDialog id={values.team || null} onClose={() => set({ team: null })} onChanged={list.reload} />
    </Page>
  );
}

const COLUMNS: Column<Row>[] = [
  { key: 'number', header: 'Number', width: '6rem', cell: (team) => <TeamLink team={team} /> },
  { key: 'name', header: 'Name', cell: ({ name }) => name },
  {
    key: 'members',
    header: 'Members',
    width: '14%',
    cell: ({ members }) => formatNumber(members.totalCount),
  },
  { key: 'created', header: 'Created', width: '22%', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

function TeamLink({ team: { id, number, name } }: { team: Row }) {
  const { search } = useLocation();
  const params = new URLSearchParams(search);
  params.set('team', id);
  return (
    <Anchor component={Link} to={{ search: params.toString() }} size="sm" aria-label={`${number}, ${name}`}>
      {number}
    </Anchor>
  );
}
