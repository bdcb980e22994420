/** The access tokens of a login that the viewer manages. */
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';

import { useWhole } from '../api/use-whole.ts';
import { AccessTokensTableDocument, type AccessTokensTableQuery, type Permission } from '../gql/graphql.ts';
import { useViewer } from '../session/viewer.tsx';
import { Section } from '../ui/section.tsx';
import { TokenDialog } from './token-dialog.tsx';
import { TokenTable } from './token-table.tsx';

interface LoginTokensProps {
  login: { id: string; name: string; disabled: boolean; permissions: readonly Permission[] };
}

export function LoginTokens({ login }: LoginTokensProps) {
  const viewer = useViewer();
  const [making, setMaking] = useState(false);
  const list = useWhole({
    document: AccessTokensTableDocument,
    variables: { loginId: login.id },
    select: (data: AccessTokensTableQuery) => data.accessTokens,
  });
  return (
    <Section
      title="Access tokens"
      description={
        login.disabled
          ? 'They are refused as long as the login is disabled.'
          : 'What its programs sign in with. A value is shown once, when the token is made.'
      }
      actions={
        <Button
          variant="default"
          size="compact-md"
          leftSection={<IconPlus aria-hidden size={15} />}
          onClick={() => setMaking(true)}
        >
          New token
        </Button>
      }
    >
      <TokenTable
        label={`Access tokens of ${login.name}`}
        list={list}
        own={login.id === viewer.id}
        filtered={false}
        onClearFilters={() => undefined}
        empty={{
          title: 'No access token',
          text: 'Nobody can sign in as this login, or call the API for it.',
        }}
      />
      <TokenDialog
        opened={making}
        onClose={() => setMaking(false)}
        onMade={list.reload}
        {...(login.id === viewer.id ? {} : { holder: login })}
      />
    </Section>
  );
}
