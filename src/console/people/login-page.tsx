/** One login: who it is, where it stands, what it may do, and its tokens. */
import { Button, Group } from '@mantine/core';
import { IconBan, IconHistory, IconLockOpen } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';

import { Page } from '../layout/page.tsx';
import { useViewer } from '../session/viewer.tsx';
import { LoginTokens } from '../tokens/login-tokens.tsx';
import { ErrorState, LoadingState, NotFoundPage } from '../ui/states.tsx';
import { DisableDialog } from './disable-dialog.tsx';
import { AccountBadge, DisabledBadge } from './login-badges.tsx';
import { LoginFactsSection } from './login-facts.tsx';
import { LoginPermissions } from './login-permissions.tsx';
import { LoginPlace } from './login-place.tsx';
import { LoginTeams } from './login-teams.tsx';
import { type LoginDetails, useLogin, useWayUp } from './use-login.ts';

export function LoginPage() {
  const { id = '' } = useParams();
  const { login, error, reload } = useLogin(id);
  if (login) return <Known key={login.id} login={login} reload={reload} />;
  if (login === null) return <NotFoundPage what="login" />;
  return error ? <ErrorState error={error} onRetry={reload} /> : <LoadingState what="the login" />;
}

function Known({ login, reload }: { login: LoginDetails; reload: () => void }) {
  const viewer = useViewer();
  const wayUp = useWayUp(login.parent?.id ?? null);
  const [switching, setSwitching] = useState(false);
  // The API lets a login edit itself and those below; the others of its account it may only read.
  const managed = login.id === viewer.id || (wayUp.steps?.some((step) => step.id === viewer.id) ?? null);
  const { disabled } = login;
  return (
    <Page
      title={login.name}
      trail={[{ label: 'Logins', to: '/logins' }, { label: `Login ${login.number}` }]}
      badge={
        <Group gap={6}>
          {login.isAccount && <AccountBadge />}
          {disabled && <DisabledBadge />}
        </Group>
      }
      description={
        managed === false
          ? 'You may look at this login, not change it: it does not stand below you in the tree.'
          : undefined
      }
      actions={
        <>
          <Button
            component={Link}
            to={`/audit?subject=${login.id}`}
            variant="default"
            leftSection={<IconHistory aria-hidden size={17} />}
          >
            Changes
          </Button>
          {managed === true && login.id !== viewer.id && (
            <Button
              variant="default"
              leftSection={
                disabled ? <IconLockOpen aria-hidden size={17} /> : <IconBan aria-hidden size={17} />
              }
              onClick={() => setSwitching(true)}
            >
              {disabled ? 'Enable' : 'Disable'}
            </Button>
          )}
        </>
      }
    >
      <LoginFactsSection login={login} editable={managed === true} />
      <LoginPlace
        login={login}
        wayUp={wayUp}
        movable={managed === true && login.id !== viewer.id}
        onMoved={reload}
      />
      <LoginPermissions login={login} editable={managed} />
      <LoginTeams teams={login.teams} />
      {managed === true && <LoginTokens login={login} />}
      <DisableDialog login={login} opened={switching} onClose={() => setSwitching(false)} />
    </Page>
  );
}
