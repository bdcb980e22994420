/** Who changed what and when, newest first; of one thing with ?subject=<its id>. */
import { Text } from '@mantine/core';

import { usePages } from '../api/use-pages.ts';
import { type AuditRowFragment, AuditTableDocument, type AuditTableQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Time } from '../ui/time.tsx';
import { useFilters } from '../ui/use-filters.ts';
import { Changes } from './changes.tsx';
import { Subject } from './subject.tsx';
import { useNames } from './use-names.ts';
import { actionWords, type Change, namedIds } from './words.ts';

export function AuditPage() {
  const { values, set } = useFilters('subject');
  const list = usePages({
    document: AuditTableDocument,
    variables: { subjectId: values.subject || null },
    select: (data: AuditTableQuery) => data.auditLog,
  });
  const name = useNames(list.rows.flatMap(({ changes }) => namedIds(changes as Record<string, Change>)));
  return (
    <Page
      title="Audit log"
      description="Every change to what you manage, with who made it. Nothing in it is ever changed or removed; of secrets it only says that they changed."
    >
      <SearchField
        label="Only of the thing with this id for the API (whk_…, lgn_…)"
        placeholder="Id for the API (whk_…, lgn_…)"
        value={values.subject}
        onChange={(subject) => set({ subject })}
      />
      <DataTable
        label="Audit log"
        what="changes"
        list={list}
        columns={columns(name)}
        filtered={values.subject !== ''}
        onClearFilters={() => set({ subject: null })}
        empty={{
          title: 'No change yet',
          text: 'What is created, changed or deleted from now on stands here.',
        }}
      />
    </Page>
  );
}

function columns(name: (id: string) => string): Column<AuditRowFragment>[] {
  return [
    { key: 'at', header: 'When', width: '12%', cell: ({ at }) => <Time at={at} /> },
    {
      key: 'who',
      header: 'Who',
      width: '16%',
      cell: ({ login }) => (login ? <LoginName login={login} /> : <Text size="sm">The server</Text>),
    },
    {
      key: 'what',
      header: 'What',
      width: '26%',
      cell: (entry) => (
        <span>
          {actionWords(entry.action)} <Subject entry={entry} />
        </span>
      ),
    },
    {
      key: 'changes',
      header: 'Changes',
      cell: ({ changes }) => <Changes changes={changes as Record<string, Change>} name={name} />,
    },
  ];
}
