/** Where an endpoint sends: a URL, a mailbox, or the mailboxes of the team. Only the fields of the chosen one are there. */
import { Alert, Radio, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';

import type { EndpointKind } from '../../gql/graphql.ts';
import { isMail, KIND_WORDS } from '../endpoint-place.ts';
import type { EndpointValues } from './endpoint-values.ts';

const KINDS = Object.keys(KIND_WORDS) as EndpointKind[];

interface PlaceFieldsProps {
  /** The path of the row in the form. */
  at: string;
  row: Pick<EndpointValues, 'kind' | 'target' | 'mailbox'>;
  /** The team that the webhook watches; null where it watches none. */
  team: string | null;
  /** By the paths below the row. */
  errors: Record<string, string>;
  onKind: (kind: EndpointKind) => void;
  onAddress: (patch: Partial<Pick<EndpointValues, 'target' | 'mailbox'>>) => void;
}

export function PlaceFields({ at, row, team, errors, onKind, onAddress }: PlaceFieldsProps) {
  const { kind, target, mailbox } = row;
  return (
    <Stack gap="sm">
      <Radio.Group
        label="Send to"
        name={`${at}.kind`}
        value={kind}
        error={errors['kind']}
        onChange={(next) => onKind(next)}
      >
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="md" verticalSpacing="xs" mt={6} mb={6}>
          {KINDS.map((one) => (
            <Radio
              key={one}
              value={one}
              label={KIND_WORDS[one].label}
              description={KIND_WORDS[one].meaning}
              // Also where a field is missed that this kind has not.
              {...(one === kind ? { 'data-field': at } : {})}
            />
          ))}
        </SimpleGrid>
      </Radio.Group>
      {kind === 'URL' && (
        <TextInput
          label="Web address"
          description="Where the events are sent with POST: an https address, such as https://example.com/hooks."
          required
          type="url"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          data-field={`${at}.target`}
          value={target}
          error={errors['target']}
          onChange={(event) => onAddress({ target: event.currentTarget.value })}
        />
      )}
      {kind === 'EMAIL' && (
        <TextInput
          label="E-mail address"
          description="One address, without a name, such as ann@example.com."
          required
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          data-field={`${at}.target`}
          value={mailbox}
          error={errors['target']}
          onChange={(event) => onAddress({ mailbox: event.currentTarget.value })}
        />
      )}
      {kind === 'TEAM_MAILBOXES' && (team !== null || errors['kind'] === undefined) && (
        <Text size="sm">
          {team === null
            ? 'This webhook watches no team yet: choose one under Whose activity is watched.'
            : `Each member of the team ${team} gets the mails, as the team is when something happens.`}
        </Text>
      )}
      {isMail(kind) && <ManyMails several={kind === 'TEAM_MAILBOXES'} />}
    </Stack>
  );
}

/** What whoever gets the mails is in for. */
function ManyMails({ several }: { several: boolean }) {
  return (
    <Alert
      color="yellow"
      p="sm"
      icon={<IconMail aria-hidden />}
      title="The address must cope with many messages"
    >
      <Stack gap={4}>
        <Text size="sm">
          Each event becomes a mail{several && ' to each address'}. Of very many within a minute, those above
          the limit go together in one mail, with each record attached: none is lost.
        </Text>
        <Text size="sm">
          First {several ? 'each address' : 'it'} gets one mail with a link, and nothing else until somebody
          presses the button behind it.
        </Text>
      </Stack>
    </Alert>
  );
}
