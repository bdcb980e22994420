/** Access tokens as a table, each with a way to end it. */
import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRef, useState } from 'react';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import type { List } from '../api/use-pages.ts';
import { type AccessTokensTableQuery, ConsoleAccessTokenRevokeDocument } from '../gql/graphql.ts';
import { PermissionNames } from '../people/permissions.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Time } from '../ui/time.tsx';

/** A row. */
export type TokenRow = NonNullable<AccessTokensTableQuery['accessTokens']>[number];

interface TokenTableProps {
  label: string;
  list: List<TokenRow>;
  /** Whether they are the viewer's own: the session may be made from one of them. */
  own: boolean;
  filtered: boolean;
  onClearFilters: () => void;
  empty: { title: string; text: string };
}

export function TokenTable({ label, list, own, filtered, onClearFilters, empty }: TokenTableProps) {
  const [revoking, setRevoking] = useState<TokenRow | null>(null);
  return (
    <>
      <DataTable
        label={label}
        what="access tokens"
        list={list}
        columns={columns(setRevoking)}
        filtered={filtered}
        onClearFilters={onClearFilters}
        empty={empty}
      />
      <RevokeDialog token={revoking} own={own} onClose={() => setRevoking(null)} onRevoked={list.reload} />
    </>
  );
}

function columns(onRevoke: (token: TokenRow) => void): Column<TokenRow>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      width: '20%',
      cell: ({ name }) => (
        <Text component="span" size="sm" fw={550}>
          {name}
        </Text>
      ),
    },
    { key: 'hint', header: 'Hint', width: '13%', cell: ({ hint }) => <code>{hint}</code> },
    {
      key: 'permissions',
      header: 'It may',
      cell: ({ permissions }) => <PermissionNames permissions={permissions} />,
    },
    { key: 'created', header: 'Created', width: '12%', cell: ({ createdAt }) => <Time at={createdAt} /> },
    {
      key: 'used',
      header: 'Last used',
      width: '12%',
      cell: ({ lastUsedAt }) => (lastUsedAt ? <Time at={lastUsedAt} /> : 'Never'),
    },
    {
      key: 'expires',
      header: 'Ends',
      width: '12%',
      cell: ({ expiresAt }) =>
        !expiresAt ? (
          'When revoked'
        ) : new Date(expiresAt).getTime() <= Date.now() ? (
          <>
            Ended <Time at={expiresAt} />
          </>
        ) : (
          <Time at={expiresAt} />
        ),
    },
    {
      key: 'revoke',
      header: 'Revoke',
      hideHeader: true,
      width: '6.5rem',
      cell: (token) => (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`Revoke the access token ${token.name}`}
          onClick={() => onRevoke(token)}
        >
          Revoke
        </Button>
      ),
    },
  ];
}

function RevokeDialog(props: {
  token: TokenRow | null;
  own: boolean;
  onClose: () => void;
  onRevoked: () => void;
}) {
  const { token, own, onClose, onRevoked } = props;
  const [, revoke] = useMutation(ConsoleAccessTokenRevokeDocument);
  // The text must not vanish while the dialog fades out.
  const shown = useRef<TokenRow | null>(null);
  shown.current = token ?? shown.current;

  async function confirm(): Promise<string | null> {
    if (token === null) return null;
    const { data, error } = await revoke({ id: token.id });
    const trouble = troubleOf(error, data?.accessTokenRevoke);
    if (trouble !== null) return trouble;
    notifications.show({ message: `The access token ${token.name} is revoked.` });
    // If this session was made from it, this is refused and leads to the sign-in.
    onRevoked();
    return null;
  }

  return (
    <ConfirmDialog
      opened={token !== null}
      title="Revoke access token"
      confirmLabel="Revoke"
      onConfirm={confirm}
      onClose={onClose}
    >
      <Text>
        Revoke <b>{shown.current?.name}</b> (<code>{shown.current?.hint}</code>)?
      </Text>
      <Text size="sm">
        Programs that use it are refused at once, and their live connections are closed. This cannot be taken
        back.
      </Text>
      {own && (
        <Text size="sm">
          If you signed in with it, this session ends, too, and you sign in again with another one.
        </Text>
      )}
    </ConfirmDialog>
  );
}
