/** What there is to know of an endpoint that is a URL: its address, and how requests are made, secured and repeated. */
import { Code, Group, Stack, Text } from '@mantine/core';

import { CertificateEnd } from '../../ui/certificate-end.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Facts } from '../../ui/facts.tsx';
import { formatDuration, formatNumber, Time } from '../../ui/time.tsx';
import { AUTHENTICATION_WORDS } from '../editor/authentication-values.ts';
import { ORDERING_WORDS } from '../editor/ordering-field.tsx';
import { FORMAT_WORDS } from '../format-words.ts';
import classes from './details.module.css';
import type { EndpointFactsProps } from './mailbox-list.tsx';
import { Retries } from './retries.tsx';
import { SigningSecrets } from './signing-secrets.tsx';
import type { DetailedEndpoint } from './use-webhook.ts';

export function UrlFacts({ endpoint, name, mayEdit, reload }: EndpointFactsProps) {
  const { target, failingSince, authentication, advanced } = endpoint;
  const { headers, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency, ordering, format } = advanced;
  return (
    <>
      <Group gap={4} wrap="nowrap" align="flex-start">
        <Text ff="monospace" size="sm" className={classes['wrap']}>
          {target}
        </Text>
        <CopyButton value={target} what={`the address of ${name.toLowerCase()}`} />
      </Group>
      {authentication.expiresAt != null && (
        <CertificateEnd
          at={authentication.expiresAt}
          {...(mayEdit ? { remedy: 'Replace it under Edit, Advanced.' } : {})}
        />
      )}
      <Facts
        rows={[
          failingSince == null ? null : ['Failing since', <Time key="since" at={failingSince} full />],
          ['Authentication', <AuthenticationFact key="authentication" authentication={authentication} />],
          [
            'Signing',
            <SigningSecrets
              key="signing"
              endpoint={endpoint}
              name={name}
              mayEdit={mayEdit}
              reload={reload}
            />,
          ],
          ['Format', FORMAT_WORDS[format].label],
          ['Time limit', `${formatDuration(timeoutMs)} for each attempt`],
          ['Retries', <Retries key="retries" schedule={retrySchedule} />],
          ['Pace', paceWords(ratePerSecond ?? null, maxConcurrency)],
          ['Order', ORDERING_WORDS[ordering].label],
          headers.length === 0
            ? null
            : [
                'Headers',
                <Stack key="headers" gap={2}>
                  {headers.map(({ name, value, secret }) => (
                    <span key={name}>
                      <Code>{name}</Code> {secret ? 'a secret value, never shown' : value}
                    </span>
                  ))}
                </Stack>,
              ],
        ]}
      />
    </>
  );
}

function AuthenticationFact({ authentication }: { authentication: DetailedEndpoint['authentication'] }) {
  const { type, hint } = authentication;
  return (
    <span>
      {AUTHENTICATION_WORDS[type]}
      {hint != null && (
        <>
          {' · '}
          <Text span size="sm" className={classes['wrap']}>
            {hint}
          </Text>
        </>
      )}
    </span>
  );
}

function paceWords(ratePerSecond: number | null, maxConcurrency: number): string {
  const rate =
    ratePerSecond === null
      ? 'As many requests per second as there are'
      : `${formatNumber(ratePerSecond)} ${ratePerSecond === 1 ? 'request' : 'requests'} per second at most`;
  return `${rate}, ${formatNumber(maxConcurrency)} at once`;
}
