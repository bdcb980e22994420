/** The viewer's own access tokens: made, recognised, revoked. */
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';

import { useWhole } from '../api/use-whole.ts';
import { AccessTokensTableDocument, type AccessTokensTableQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { useFilters } from '../ui/use-filters.ts';
import { TokenDialog } from './token-dialog.tsx';
import { TokenTable } from './token-table.tsx';

export function AccessTokensPage() {
  const { values, set } = useFilters('search', 'new');
  const wanted = values.search.toLowerCase();
  const list = useWhole({
    document: AccessTokensTableDocument,
    variables: {},
    select: (data: AccessTokensTableQuery) => data.accessTokens,
    keep: ({ name, hint }) => `${name} ${hint}`.toLowerCase().includes(wanted),
  });
  return (
    <Page
      title="Access tokens"
      description="What your programs, and you yourself, sign in with. A token may do no more than you, and you choose how much of it."
      actions={
        <Button leftSection={<IconPlus aria-hidden size={17} />} onClick={() => set({ new: '1' })}>
          New token
        </Button>
      }
    >
      <SearchField label="Search tokens" value={values.search} onChange={(search) => set({ search })} />
      <TokenTable
        label="Your access tokens"
        list={list}
        own
        filtered={wanted !== ''}
        onClearFilters={() => set({ search: null })}
        empty={{
          title: 'No access token yet',
          text: 'Make one for each program that calls the API, so that each can be revoked alone.',
        }}
      />
      <TokenDialog opened={values.new !== ''} onClose={() => set({ new: null })} onMade={list.reload} />
    </Page>
  );
}
