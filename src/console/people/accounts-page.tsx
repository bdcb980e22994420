/** The accounts as a tree: read step by step, since an account may stand below logins that are none. */
import { Button, Group, Stack, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useQuery } from 'urql';

import { TreeRootDocument, type TreeRootQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { EmptyState, ErrorState, LoadingState } from '../ui/states.tsx';
import { useFilters } from '../ui/use-filters.ts';
import classes from './accounts-page.module.css';
import { Branch } from './branch.tsx';

export function AccountsPage() {
  const [{ data, error, fetching }, read] = useQuery({ query: TreeRootDocument });
  const { values, set } = useFilters('all');
  // Opened anew, every branch reads what is below it again.
  const [round, setRound] = useState(0);
  const all = values.all !== '';
  const root = rootOf(data);
  return (
    <Page
      title="Accounts"
      description="Branches and distribution channels: each owns its webhooks and teams. What happens in one is seen there and above, never beside it."
      actions={
        <Button component={Link} to="/logins?new=1" variant="default">
          New login
        </Button>
      }
    >
      {root ? (
        <Stack gap="xs">
          <Group justify="space-between">
            <Text size="sm" c="dimmed" maw={560}>
              Numbers say how many logins stand directly below. Logins that are no account are shown where
              something stands below them.
            </Text>
            <Switch
              label="Show all logins"
              checked={all}
              onChange={(event) => set({ all: event.currentTarget.checked ? '1' : null })}
            />
          </Group>
          {root.children.totalCount === 0 ? (
            <EmptyState
              title="Nothing stands below"
              text="Create a login and mark it as an account to give a branch webhooks and administrators of its own."
              action={
                <Button component={Link} to="/logins?new=1">
                  New login
                </Button>
              }
            />
          ) : (
            <ul className={classes['tree']} aria-label="Accounts">
              <Branch key={round} node={root} all={all} depth={0} />
            </ul>
          )}
        </Stack>
      ) : error ? (
        <ErrorState
          error={error}
          onRetry={() => {
            setRound(round + 1);
            read({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        fetching && <LoadingState what="the tree" />
      )}
    </Page>
  );
}

/** The account where the viewer may look into it, else the viewer: of what is only known by name nothing is below. */
function rootOf(data: TreeRootQuery | undefined) {
  const viewer = data?.viewer;
  if (!viewer) return null;
  const { account, ...own } = viewer;
  return account.id !== own.id && account.children.totalCount > 0 ? account : own;
}
