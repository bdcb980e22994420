/** How requests are signed, so that a receiver can tell who they are from. */
import { Alert, Radio, Stack } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import type { SigningScheme } from '../../gql/graphql.ts';

/** How each choice reads, and what it means. */
export const SIGNING_WORDS: Record<SigningScheme, { label: string; meaning: string }> = {
  STANDARD_WEBHOOKS_HMAC: {
    label: 'Shared secret (HMAC-SHA256)',
    meaning: 'Both sides hold the same secret; every library of Standard Webhooks verifies it.',
  },
  STANDARD_WEBHOOKS_ED25519: {
    label: 'Key pair (Ed25519)',
    meaning: 'Only this server can sign; the receiver verifies with a public key, which is no secret.',
  },
  NONE: {
    label: 'None',
    meaning: 'Requests carry no signature.',
  },
};

interface SigningFieldProps {
  field: string;
  value: SigningScheme;
  /** The scheme that the server has for this endpoint; null for a new one. */
  stored: SigningScheme | null;
  error: string | undefined;
  onChange: (signing: SigningScheme) => void;
}

export function SigningField({ field, value, stored, error, onChange }: SigningFieldProps) {
  return (
    <Stack gap="xs">
      <Radio.Group
        label="Signing"
        name={field}
        value={value}
        error={error}
        onChange={(next) => onChange(next)}
      >
        <Stack gap="xs" mt={6}>
          {(Object.keys(SIGNING_WORDS) as SigningScheme[]).map((signing) => (
            <Radio
              key={signing}
              value={signing}
              label={SIGNING_WORDS[signing].label}
              description={SIGNING_WORDS[signing].meaning}
              {...(signing === value ? { 'data-field': field } : {})}
            />
          ))}
        </Stack>
      </Radio.Group>
      {value === 'NONE' && (
        <Alert color="yellow" p="sm" icon={<IconAlertTriangle aria-hidden />} title="Anybody could send this">
          Without a signature your receiver cannot tell a request of this server from a forged one. Choose it
          only where something else proves it, such as mutual TLS.
        </Alert>
      )}
      {stored !== null && stored !== value && (
        <Alert p="sm" title="The old signing secrets end at once">
          {value === 'NONE'
            ? 'From the save on nothing is signed any more.'
            : 'From the save on requests are signed anew; what your receiver verifies with is shown then.'}
        </Alert>
      )}
    </Stack>
  );
}
