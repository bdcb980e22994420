/** How requests to an endpoint authenticate: the type, and the credential of that type. */
import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { flushSync } from 'react-dom';

import type { AuthenticationType } from '../../gql/graphql.ts';
import { CertificateEnd } from '../../ui/certificate-end.tsx';
import classes from './authentication-fields.module.css';
import {
  AUTHENTICATION_WORDS,
  type AuthenticationValues,
  CREDENTIAL_PARTS,
  type CredentialPart,
  type CredentialType,
  keepsStored,
  withCredential,
  withReplacing,
  withType,
} from './authentication-values.ts';
import { CredentialFields, FIRST_FIELD, ON_THE_WIRE } from './credential-fields.tsx';
import { errorsBelow, focusField } from './problems.ts';

const TYPES = (Object.keys(AUTHENTICATION_WORDS) as AuthenticationType[]).map((value) => ({
  value,
  label: AUTHENTICATION_WORDS[value],
}));

interface AuthenticationFieldsProps {
  /** The path of the authentication in the form. */
  at: string;
  values: AuthenticationValues;
  /** By the paths below the row: "authentication", "authentication.basic.username". */
  errors: Record<string, string>;
  /** paths are those of the errors that the change may have mended, below the row. */
  onChange: (values: AuthenticationValues, paths: string[]) => void;
}

export function AuthenticationFields({ at, values, errors, onChange }: AuthenticationFieldsProps) {
  const { type, credentials, stored } = values;
  const own = errors['authentication'];
  const kept = keepsStored(values);

  return (
    <Stack gap="sm" role="group" aria-label="Authentication">
      <Select
        label="Authentication"
        description={type === 'NONE' ? 'Requests carry no credential.' : ON_THE_WIRE[type]}
        styles={{ wrapper: { maxWidth: 420 } }}
        allowDeselect={false}
        data={TYPES}
        data-field={`${at}.type`}
        value={type}
        error={errors['authentication.type'] ?? (kept || type === 'NONE' ? undefined : own)}
        onChange={(next) => next !== null && onChange(withType(values, next), errorPaths(errors))}
      />
      {type !== 'NONE' && kept && <Stored {...{ at, values, own, errors, onChange }} type={type} />}
      {type !== 'NONE' && !kept && (
        <div className={classes['credential']}>
          <Stack gap="sm">
            <CredentialFields
              type={type}
              at={at}
              credentials={credentials}
              errors={errorsBelow(errors, 'authentication')}
              onChange={(part, patch) =>
                onChange(
                  withCredential(values, { [part]: { ...credentials[part], ...patch } }),
                  changedPaths(part, Object.keys(patch)),
                )
              }
            />
            {stored?.type === type && (
              <div>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  onClick={() => {
                    flushSync(() => onChange(withReplacing(values, false), errorPaths(errors)));
                    focusField(at);
                  }}
                >
                  Keep the stored one
                </Button>
              </div>
            )}
          </Stack>
        </div>
      )}
    </Stack>
  );
}

/** That the server keeps a credential: what may be said of it, and the way to type another one. */
function Stored(props: AuthenticationFieldsProps & { type: CredentialType; own: string | undefined }) {
  const { at, type, values, own, errors, onChange } = props;
  const { hint, expiresAt } = values.stored!;
  const inside = Object.values(errorsBelow(errors, `authentication.${CREDENTIAL_PARTS[type]}`))[0];
  const wrong = own ?? inside;
  return (
    <div className={classes['credential']}>
      <Stack gap={6}>
        <Group gap="sm" justify="space-between" wrap="wrap">
          <Group gap={6} wrap="nowrap" miw={0}>
            <IconLock aria-hidden size={16} style={{ flex: 'none' }} />
            <Text size="sm" data-stored style={{ overflowWrap: 'anywhere' }}>
              {hint == null ? 'Stored' : `Stored · ${hint}`}
            </Text>
          </Group>
          <Button
            size="compact-sm"
            variant="default"
            data-field={at}
            aria-describedby={wrong === undefined ? undefined : `${at}-wrong`}
            aria-invalid={wrong === undefined ? undefined : true}
            onClick={() => {
              flushSync(() => onChange(withReplacing(values, true), errorPaths(errors)));
              focusField(`${at}.${FIRST_FIELD[CREDENTIAL_PARTS[type]]}`);
            }}
          >
            {wrong === undefined ? 'Replace' : 'Type it again'}
          </Button>
        </Group>
        {wrong === undefined ? (
          <Text size="xs" c="dimmed">
            It is never shown. Leave it alone to keep it.
          </Text>
        ) : (
          <Text size="sm" c="var(--mantine-color-error)" id={`${at}-wrong`}>
            {wrong}
          </Text>
        )}
        {type === 'MUTUAL_TLS' && expiresAt != null && (
          <CertificateEnd at={expiresAt} remedy="Replace it here." />
        )}
      </Stack>
    </div>
  );
}

/** A credential typed anew also mends what is wrong with the address that moved away from the old one. */
function changedPaths(part: CredentialPart, names: string[]): string[] {
  return ['authentication', 'target', ...names.map((name) => `authentication.${part}.${name}`)];
}

function errorPaths(errors: Record<string, string>): string[] {
  return Object.keys(errors).filter((path) => path.startsWith('authentication'));
}
