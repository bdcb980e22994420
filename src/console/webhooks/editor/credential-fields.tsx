/** The fields of the credential that a type of authentication asks for. */
import { PasswordInput, SimpleGrid, TextInput } from '@mantine/core';

import type { CredentialPart, CredentialType, CredentialValues } from './authentication-values.ts';
import { PemField } from './pem-field.tsx';

/** What a request carries for each type. */
export const ON_THE_WIRE: Record<CredentialType, string> = {
  BASIC: 'Sent as “Authorization: Basic …”: user name and password, in base64.',
  BEARER: 'Sent as “Authorization: Bearer …” with your token.',
  API_KEY: 'Sent in a header of that name, such as “X-API-Key: …”.',
  CUSTOM_HEADER: 'Sent in any header, such as “Authorization: Splunk …”, exactly as you type it.',
  OAUTH2_CLIENT_CREDENTIALS:
    'Sent as “Authorization: Bearer …” with a token that this server fetches, keeps until it ends, and fetches anew when it is refused.',
  MUTUAL_TLS: 'A client certificate, shown when the connection is made. The address must begin with https.',
};

/** The field of each credential that comes first, below the authentication. */
export const FIRST_FIELD: Record<CredentialPart, string> = {
  basic: 'basic.username',
  bearer: 'bearer.token',
  apiKey: 'apiKey.name',
  customHeader: 'customHeader.name',
  oauth2: 'oauth2.tokenUrl',
  mutualTls: 'mutualTls.certificate',
};

interface CredentialFieldsProps {
  type: CredentialType;
  at: string;
  credentials: CredentialValues;
  /** By the paths below the authentication: "basic.username". */
  errors: Record<string, string>;
  onChange: <Part extends CredentialPart>(part: Part, patch: Partial<CredentialValues[Part]>) => void;
}

export function CredentialFields({ type, at, credentials, errors, onChange }: CredentialFieldsProps) {
  /** What each field of a part has in common. */
  function field<Part extends CredentialPart>(part: Part, name: keyof CredentialValues[Part] & string) {
    return {
      autoComplete: 'off',
      spellCheck: false,
      'data-field': `${at}.${part}.${name}`,
      value: credentials[part][name] as string,
      error: errors[`${part}.${name}`],
      onChange: (event: { currentTarget: { value: string } }) =>
        onChange(part, { [name]: event.currentTarget.value } as Partial<CredentialValues[Part]>),
    };
  }
  /** The same for what is not shown while it is typed; this kind of field does not say by itself that it is wrong. */
  function secret<Part extends CredentialPart>(part: Part, name: keyof CredentialValues[Part] & string) {
    const own = field(part, name);
    return {
      ...own,
      'aria-invalid': own.error === undefined ? undefined : (true as const),
      // A password of this page is none that a browser may fill in or keep.
      autoComplete: 'new-password',
      visibilityToggleButtonProps: { 'aria-label': 'Show or hide what was typed' },
    };
  }
  switch (type) {
    case 'BASIC':
      return (
        <Pair>
          <TextInput label="User name" description="Without a colon." {...field('basic', 'username')} />
          <PasswordInput
            label="Password"
            description="One of the two may be empty."
            {...secret('basic', 'password')}
          />
        </Pair>
      );
    case 'BEARER':
      return (
        <PasswordInput
          label="Token"
          description="Without the word Bearer."
          required
          {...secret('bearer', 'token')}
        />
      );
    case 'API_KEY':
    case 'CUSTOM_HEADER': {
      const part = type === 'API_KEY' ? 'apiKey' : 'customHeader';
      return (
        <Pair>
          <TextInput
            label="Header"
            required
            placeholder={type === 'API_KEY' ? 'X-API-Key' : 'Authorization'}
            {...field(part, 'name')}
          />
          <PasswordInput label={type === 'API_KEY' ? 'Key' : 'Value'} required {...secret(part, 'value')} />
        </Pair>
      );
    }
    case 'OAUTH2_CLIENT_CREDENTIALS':
      return (
        <>
          <TextInput
            label="Token address"
            description="Where tokens are fetched with POST, such as https://login.example.com/oauth2/token."
            required
            type="url"
            inputMode="url"
            {...field('oauth2', 'tokenUrl')}
          />
          <Pair>
            <TextInput label="Client id" required {...field('oauth2', 'clientId')} />
            <PasswordInput label="Client secret" required {...secret('oauth2', 'clientSecret')} />
          </Pair>
          <TextInput
            label="Scope"
            description="Optional: words with one blank between them."
            {...field('oauth2', 'scope')}
          />
        </>
      );
    case 'MUTUAL_TLS':
      return (
        <>
          <PemField
            label="Certificate"
            description="PEM text: the client certificate first, behind it those that signed it."
            placeholder="-----BEGIN CERTIFICATE-----"
            accept=".pem,.crt,.cer,application/x-pem-file,application/x-x509-ca-cert"
            field={`${at}.mutualTls.certificate`}
            value={credentials.mutualTls.certificate}
            error={errors['mutualTls.certificate']}
            onChange={(certificate) => onChange('mutualTls', { certificate })}
          />
          <PemField
            label="Private key"
            description="PEM text, without a passphrase. It is kept encrypted and never shown again."
            placeholder="-----BEGIN PRIVATE KEY-----"
            accept=".pem,.key,application/x-pem-file"
            field={`${at}.mutualTls.privateKey`}
            value={credentials.mutualTls.privateKey}
            error={errors['mutualTls.privateKey']}
            onChange={(privateKey) => onChange('mutualTls', { privateKey })}
          />
        </>
      );
  }
}

/** Two fields beside each other where there is room, one below the other where there is not. */
function Pair({ children }: { children: React.ReactNode }) {
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing="sm">
      {children}
    </SimpleGrid>
  );
}
