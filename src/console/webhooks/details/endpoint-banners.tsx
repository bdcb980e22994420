/** Each endpoint that is not sent to: why, since when, what goes on, and the way out; and that it is over, once it is. */
import { Alert, Anchor, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck, IconPlayerPause } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';

import type { EndpointStatus } from '../../gql/graphql.ts';
import { DatedText } from '../../ui/dated-text.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Time } from '../../ui/time.tsx';
import { placeOf } from '../endpoint-place.ts';
import classes from './details.module.css';
import { EnableEndpointButton } from './enable-endpoint-button.tsx';
import { ENDED, STOPPED, type Stopped, stoppedOf, troubleAddress } from './endpoint-words.ts';
import { endedBy } from './mailbox-words.ts';
import type { DetailedEndpoint, DetailedWebhook } from './use-webhook.ts';

const LOOKS = {
  PAUSED: { color: 'orange', Icon: IconPlayerPause },
  AUTO_DISABLED: { color: 'red', Icon: IconAlertTriangle },
  DISABLED: { color: 'gray', Icon: IconBan },
} as const;

interface EndpointBannersProps {
  webhook: DetailedWebhook;
  mayEdit: boolean;
  reload: () => Promise<void>;
}

export function EndpointBanners({ webhook, mayEdit, reload }: EndpointBannersProps) {
  const { endpoints } = webhook;
  const { back, dismiss } = useComeBack(endpoints);
  const box = useRef<HTMLDivElement>(null);
  const { told, more } = stoppedOf(endpoints);
  const nameOf = ({ id }: { id: string }) => `Endpoint ${endpoints.findIndex((one) => one.id === id) + 1}`;
  if (told.length === 0 && back.length === 0) return null;
  return (
    <Stack gap="sm" ref={box} tabIndex={-1} className={classes['quiet']}>
      {back.map((endpoint) => (
        <Alert
          key={endpoint.id}
          color="green"
          role="status"
          icon={<IconCheck aria-hidden />}
          title={`${nameOf(endpoint)} ${backWords(endpoint).is}`}
          withCloseButton
          closeButtonLabel={`Dismiss: ${nameOf(endpoint).toLowerCase()} ${backWords(endpoint).is}`}
          onClose={() => dismiss(endpoint.id)}
        >
          <Text size="sm">{backWords(endpoint).means}</Text>
        </Alert>
      ))}
      {told.map((endpoint) => (
        <Banner
          key={endpoint.id}
          webhook={webhook}
          endpoint={endpoint}
          name={nameOf(endpoint)}
          mayEdit={mayEdit}
          reload={reload}
          // The button is gone: what it came to stands in its place.
          onEnabled={() => box.current?.focus()}
        />
      ))}
      {more > 0 && (
        <Text size="sm">
          {more === 1 ? 'One more endpoint is' : `${more} more endpoints are`} not sent to: look below, under
          Endpoints.
        </Text>
      )}
    </Stack>
  );
}

interface BannerProps extends EndpointBannersProps {
  endpoint: DetailedEndpoint;
  name: string;
  onEnabled: () => void;
}

function Banner({ webhook, endpoint, name, mayEdit, reload, onEnabled }: BannerProps) {
  const { id, statusReason, failingSince } = endpoint;
  const status = endpoint.status as Stopped;
  const { color, Icon } = LOOKS[status];
  const quiet = status === 'DISABLED';
  const ended = status === 'AUTO_DISABLED' ? endedBy(endpoint) : null;
  const { is, meanwhile } = ended === null ? STOPPED[status] : ENDED[ended];
  return (
    <Alert
      color={color}
      role={quiet ? 'status' : 'alert'}
      icon={<Icon aria-hidden />}
      title={`${name} ${is}`}
    >
      <Stack gap="sm">
        <Facts
          label={`Why ${name.toLowerCase()} is not sent to`}
          rows={[
            ['Address', <span key="place">{placeOf(endpoint)}</span>],
            ['Cause', statusReason == null ? 'Not known' : <DatedText key="cause" text={statusReason} />],
            failingSince == null || quiet
              ? null
              : ['First failure', <Time key="since" at={failingSince} full />],
            ['Meanwhile', meanwhile],
          ]}
        />
        <Group gap="md">
          {mayEdit && (
            <EnableEndpointButton
              endpoint={endpoint}
              name={name}
              size="compact-md"
              {...(quiet ? { variant: 'default' } : {})}
              reload={reload}
              onEnabled={onEnabled}
            />
          )}
          <Anchor component={Link} to={troubleAddress(webhook.number, id, status)} size="sm">
            {quiet ? 'Deliveries that did not arrive' : 'Its failed deliveries'}
          </Anchor>
        </Group>
      </Stack>
    </Alert>
  );
}

/** An endpoint that was not sent to when it was last seen here: how it was, and how it is now. */
interface ComeBack {
  id: string;
  was: EndpointStatus;
  now: Extract<EndpointStatus, 'ACTIVE' | 'UNVERIFIED'>;
}

function backWords({ was, now }: ComeBack): { is: string; means: string } {
  if (now === 'UNVERIFIED')
    return {
      is: 'waits for a confirmation',
      means: 'What happens from now on waits until somebody confirms by the link in the mail.',
    };
  if (was === 'UNVERIFIED') return { is: 'is confirmed', means: 'What waited goes out now.' };
  return {
    is: 'is sent to again',
    means:
      was === 'PAUSED' ? 'What waited goes out now, slowly at first.' : 'What happens from now on is sent.',
  };
}

/** The endpoints that were stopped, or not confirmed, when they were last seen here, and are not any more. */
function useComeBack(endpoints: readonly DetailedEndpoint[]): {
  back: ComeBack[];
  dismiss: (id: string) => void;
} {
  const [back, setBack] = useState<ComeBack[]>([]);
  const before = useRef(new Map<string, EndpointStatus>());
  useEffect(() => {
    const earlier = before.current;
    before.current = new Map(endpoints.map(({ id, status }) => [id, status]));
    const come = endpoints.flatMap(({ id, status }): ComeBack[] => {
      const was = earlier.get(id) ?? status;
      const over = was !== status && was !== 'ACTIVE';
      return over && (status === 'ACTIVE' || status === 'UNVERIFIED') ? [{ id, was, now: status }] : [];
    });
    setBack((now) => {
      const kept = now.filter((one) => before.current.get(one.id) === one.now);
      return come.length === 0 && kept.length === now.length ? now : [...kept, ...come];
    });
  }, [endpoints]);
  return { back, dismiss: (id) => setBack((now) => now.filter((one) => one.id !== id)) };
}
