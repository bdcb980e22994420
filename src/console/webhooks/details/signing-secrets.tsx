/** How an endpoint signs, the secrets that it signs with, and what can be done with them. */
import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconEye, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';

import { RoughCountdown } from '../../deliveries/countdown.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Time, useNow } from '../../ui/time.tsx';
import { SIGNING_WORDS } from '../editor/signing-field.tsx';
import classes from './details.module.css';
import { RevealDialog } from './reveal-dialog.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import type { DetailedEndpoint } from './use-webhook.ts';

interface SigningSecretsProps {
  endpoint: DetailedEndpoint;
  /** "Endpoint 2". */
  name: string;
  mayEdit: boolean;
  reload: () => Promise<void>;
}

export function SigningSecrets({ endpoint, name, mayEdit, reload }: SigningSecretsProps) {
  const { signing } = endpoint.advanced;
  const secrets = useSigning(endpoint.secrets);
  const [opened, setOpened] = useState<'reveal' | 'rotate' | null>(null);
  if (signing === 'NONE')
    return <>None: a receiver cannot tell its requests from forged ones by a signature.</>;
  const shared = signing === 'STANDARD_WEBHOOKS_HMAC';
  const what = name.toLowerCase();
  return (
    <Stack gap={6}>
      <span>{SIGNING_WORDS[signing].label}</span>
      <ul className={classes['list']} aria-label={`Signing secrets of ${what}`}>
        {secrets.map((secret) => (
          <li key={secret.id} className={classes['secret']}>
            <Secret secret={secret} what={what} />
          </li>
        ))}
      </ul>
      {mayEdit && (
        <Group gap="xs">
          {shared && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconEye aria-hidden size={14} />}
              aria-label={`Reveal the signing secret of ${what}`}
              onClick={() => setOpened('reveal')}
            >
              Reveal
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconRefresh aria-hidden size={14} />}
            aria-label={`Rotate the signing secret of ${what}`}
            onClick={() => setOpened('rotate')}
          >
            Rotate
          </Button>
        </Group>
      )}
      <RevealDialog
        endpoint={endpoint}
        name={what}
        opened={opened === 'reveal'}
        onClose={() => setOpened(null)}
      />
      <RotateDialog
        endpoint={endpoint}
        name={what}
        opened={opened === 'rotate'}
        reload={reload}
        onClose={() => setOpened(null)}
      />
    </Stack>
  );
}

function Secret({ secret, what }: { secret: DetailedEndpoint['secrets'][number]; what: string }) {
  const { hint, publicKey, createdAt, expiresAt } = secret;
  return (
    <>
      {publicKey == null ? (
        <Code>whsec_…{hint}</Code>
      ) : (
        <Group gap={4} wrap="nowrap" align="flex-start">
          <Code className={classes['wrap']} data-public-key>
            {publicKey}
          </Code>
          <CopyButton value={publicKey} what={`the public key of ${what}`} />
        </Group>
      )}
      <Text span size="xs" c="dimmed">
        {publicKey == null ? 'Made' : 'Public key, made'} <Time at={createdAt} />
        {expiresAt != null && (
          <>
            {', '}
            <Text span size="xs" fw={600} c="var(--mantine-color-text)">
              ends <RoughCountdown at={expiresAt} due="now" />
            </Text>
          </>
        )}
      </Text>
    </>
  );
}

/** Those that sign now: one whose grace period is over is gone, also before the page reads again. */
function useSigning(secrets: DetailedEndpoint['secrets']): DetailedEndpoint['secrets'] {
  const now = useNow(secrets.some(({ expiresAt }) => expiresAt != null) ? 1_000 : null);
  return secrets.filter(({ expiresAt }) => expiresAt == null || new Date(expiresAt).getTime() > now);
}
