/** What there is to know of an endpoint that writes mails: to whom, whether they want them, and what is attached. */
import { Text } from '@mantine/core';

import { Facts } from '../../ui/facts.tsx';
import { Time } from '../../ui/time.tsx';
import { KIND_WORDS } from '../endpoint-place.ts';
import { FORMAT_WORDS } from '../format-words.ts';
import { type EndpointFactsProps, MailboxList } from './mailbox-list.tsx';
import { Retries } from './retries.tsx';

export function MailFacts({ endpoint, name, mayEdit, reload }: EndpointFactsProps) {
  const { kind, failingSince, advanced } = endpoint;
  return (
    <>
      <Text size="sm" fw={600}>
        {KIND_WORDS[kind].label}
      </Text>
      <MailboxList endpoint={endpoint} name={name} mayEdit={mayEdit} reload={reload} />
      <Facts
        rows={[
          failingSince == null ? null : ['Failing since', <Time key="since" at={failingSince} full />],
          ['Attached JSON', FORMAT_WORDS[advanced.format].label],
          ['Retries', <Retries key="retries" schedule={advanced.retrySchedule} />],
        ]}
      />
    </>
  );
}
