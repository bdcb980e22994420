/** The sign-in: an access token, or the one-time link that the server printed, in exchange for a session; or the way to the identity provider. */
import {
  Alert,
  Anchor,
  Button,
  Center,
  Divider,
  Group,
  Loader,
  Paper,
  PasswordInput,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { IconBellRinging } from '@tabler/icons-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';

import {
  providerAddress,
  providerProblem,
  readProvider,
  signIn,
  type SignInFailure,
  takeLinkFromAddress,
} from './session.ts';

/** Where to go after the sign-in: only addresses of the console itself. */
function wayBack(search: URLSearchParams): string {
  const back = search.get('back');
  if (!back?.startsWith('/')) return '/';
  // As the browser will read it: "//", "/\\" and a tab between lead to other hosts.
  return URL.canParse(back, window.location.href) &&
    new URL(back, window.location.href).origin === window.location.origin
    ? back
    : '/';
}

export function SignInPage() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const [link] = useState(takeLinkFromAddress);
  const [busy, setBusy] = useState(link !== null);
  const [failure, setFailure] = useState<SignInFailure | null>(() => providerProblem(search.get('problem')));
  const [provider, setProvider] = useState<string | null>(null);
  const [value, setValue] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const started = useRef(false);

  async function exchange(secret: string): Promise<void> {
    setBusy(true);
    setFailure(null);
    const failed = await signIn(secret);
    if (failed === null) return void navigate(wayBack(search), { replace: true });
    setBusy(false);
    setFailure(failed);
    // The field is disabled until the next render.
    requestAnimationFrame(() => field.current?.focus());
  }

  useEffect(() => {
    void readProvider().then(setProvider);
  }, []);

  useEffect(() => {
    document.title = 'Sign in · Bellwire';
    // A link works once, and React runs effects twice while it is developed.
    if (link === null || started.current) return;
    started.current = true;
    void exchange(link);
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    const secret = value.trim().replace(/^Bearer\s+/i, '');
    // A whole link may have been pasted.
    const pasted = /#link=([^&\s]+)/.exec(secret)?.[1] ?? secret;
    if (pasted === '')
      setFailure({ message: 'Paste an access token or a one-time link first.', retryAfterSeconds: null });
    else void exchange(pasted);
  }

  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder shadow="sm" p={{ base: 'md', xs: 'xl' }} w="100%" maw={460}>
        <form onSubmit={submit} noValidate>
          <Stack>
            <Group gap="sm">
              <IconBellRinging aria-hidden size={32} stroke={1.7} />
              <Title order={1} size="h2">
                Sign in to Bellwire
              </Title>
            </Group>
            {search.has('ended') && failure === null && (
              <Alert title="Your session has ended" role="status">
                Sign in again to go on where you were. Drafts of the wizard are kept.
              </Alert>
            )}
            {failure !== null && (
              <Alert color="red" title="That did not work" role="alert">
                {failure.message}
                {failure.retryAfterSeconds !== null &&
                  ` Try again in ${Math.ceil(failure.retryAfterSeconds / 60)} min.`}
              </Alert>
            )}
            {provider !== null && (
              <>
                <Button component="a" href={providerAddress(wayBack(search))}>
                  Sign in with {provider}
                </Button>
                <Divider label="or" />
              </>
            )}
            <PasswordInput
              ref={field}
              label="Access token or one-time link"
              description="The server prints a one-time link when it starts; an administrator can make you a token."
              autoComplete="off"
              spellCheck={false}
              autoFocus
              disabled={busy}
              value={value}
              onChange={(event) => setValue(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide what was typed' }}
            />
            <Button
              type="submit"
              variant={provider === null ? 'filled' : 'default'}
              disabled={busy}
              leftSection={busy ? <Loader size="xs" aria-hidden /> : undefined}
            >
              {busy ? 'Signing in …' : 'Sign in'}
            </Button>
            <Text size="sm" c="dimmed">
              The session ends when you sign out, when you do nothing for a while, or when the token ends.
              Programs use the <Anchor href="graphiql/">API</Anchor> with the token itself.
            </Text>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
