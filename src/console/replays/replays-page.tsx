/** Running and finished replays, newest first. */
import { Anchor, Button } from '@mantine/core';
import { Link, useNavigate } from 'react-router';

import { useWhole } from '../api/use-whole.ts';
import { useNames } from '../audit/use-names.ts';
import {
  type DeliveryFilterInput,
  type ReplayRowFragment,
  ReplaysTableDocument,
  type ReplaysTableQuery,
} from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { formatNumber, Time } from '../ui/time.tsx';
import { ReplayProgress, ReplayStatusBadge } from './replay-status.tsx';
import { hasEnded } from './use-live-replay.ts';
import { filterWords, webhooksOf } from './words.ts';

/** While one of them runs, ms. */
const AGAIN_MS = 2_000;

const columns = (name: (id: string) => string): Column<ReplayRowFragment>[] => [
  {
    key: 'started',
    header: 'Started',
    width: '12.5rem',
    cell: ({ id, startedAt }) => (
      <Anchor component={Link} to={`/replays/${id}`} size="sm">
        <Time at={startedAt} />
      </Anchor>
    ),
  },
  {
    key: 'status',
    header: 'Status',
    width: '9rem',
    cell: ({ status }) => <ReplayStatusBadge status={status} />,
  },
  {
    key: 'what',
    header: 'What',
    cell: ({ filter, missingFor }) => (
      <span>
        {filterWords(filter as DeliveryFilterInput, name).join(', ') || 'All deliveries'}
        {missingFor != null && ', and missing ones'}
      </span>
    ),
  },
  { key: 'progress', header: 'Progress', width: '22%', cell: (replay) => <ReplayProgress replay={replay} /> },
  {
    key: 'rate',
    header: 'Rate',
    width: '7rem',
    cell: ({ ratePerSecond }) => `${formatNumber(ratePerSecond)} a second`,
  },
  { key: 'who', header: 'Started by', width: '16%', cell: ({ login }) => <LoginName login={login} /> },
];

export function ReplaysPage() {
  const navigate = useNavigate();
  const list = useWhole({
    document: ReplaysTableDocument,
    variables: {},
    select: (data: ReplaysTableQuery) => data.replays,
    again: { everyMs: AGAIN_MS, while: (replay) => !hasEnded(replay) },
  });
  const name = useNames(list.rows.flatMap(webhooksOf));
  return (
    <Page
      title="Replays"
      description="Deliveries that were sent again in bulk, the newest first; the last hundred."
      actions={
        <Button component={Link} to="/deliveries" variant="default">
          Choose deliveries
        </Button>
      }
    >
      <DataTable
        label="Replays"
        what="replays"
        list={list}
        columns={columns(name)}
        onOpen={({ id }) => void navigate(`/replays/${id}`)}
        filtered={false}
        onClearFilters={() => undefined}
        empty={{
          title: 'No replay yet',
          text: 'Filter the list of deliveries down to what is to be sent again, and press “Replay …” above it. It says before how many that are.',
        }}
      />
    </Page>
  );
}
