/** Each endpoint that is not sent to: why, since when, what goes on, and the way out; and that it is over, once it is. */
import { Alert, Anchor, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck, IconPlayerPause } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';

import type { EndpointStatus } from '../../gql/graphql.ts';
import { DatedText } from '../../ui/dated-text.tsx';
import { Facts } from '../../ui/facts.tsx';
import { Time } from '../../ui/time.tsx';
import classes from './details.module.css';
import { EnableEndpointButton } from './enable-endpoint-button.tsx';
import { STOPPED, type Stopped, stoppedOf, troubleAddress } from './endpoint-words.ts';
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
          title={`${nameOf(endpoint)} is sent to again`}
          withCloseButton
          closeButtonLabel={`Dismiss: ${nameOf(endpoint).toLowerCase()} is sent to again`}
          onClose={() => dismiss(endpoint.id)}
        >
          <Text size="sm">
            {endpoint.was === 'PAUSED'
              ? 'What waited goes out now, slowly at first.'
              : 'What happens from now on is sent.'}
          </Text>
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
  const { id, target, statusReason, failingSince } = endpoint;
  const status = endpoint.status as Stopped;
  const { color, Icon } = LOOKS[status];
  const quiet = status === 'DISABLED';
  return (
    <Alert
      color={color}
      role={quiet ? 'status' : 'alert'}
      icon={<Icon aria-hidden />}
      title={`${name} ${STOPPED[status].is}`}
    >
      <Stack gap="sm">
        <Facts
          label={`Why ${name.toLowerCase()} is not sent to`}
          rows={[
            ['Address', <span key="target">{target}</span>],
            ['Cause', statusReason == null ? 'Not known' : <DatedText key="cause" text={statusReason} />],
            failingSince == null || quiet
              ? null
              : ['First failure', <Time key="since" at={failingSince} full />],
            ['Meanwhile', STOPPED[status].meanwhile],
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

/** The endpoints that were stopped when they were last seen here, and are sent to again. */
function useComeBack(endpoints: readonly DetailedEndpoint[]): {
  back: { id: string; was: EndpointStatus }[];
  dismiss: (id: string) => void;
} {
  const [back, setBack] = useState<{ id: string; was: EndpointStatus }[]>([]);
  const before = useRef(new Map<string, EndpointStatus>());
  useEffect(() => {
    const was = before.current;
    before.current = new Map(endpoints.map(({ id, status }) => [id, status]));
    const active = new Set(endpoints.flatMap(({ id, status }) => (status === 'ACTIVE' ? [id] : [])));
    const come = [...active].flatMap((id) => {
      const status = was.get(id) ?? 'ACTIVE';
      return status === 'ACTIVE' ? [] : [{ id, was: status }];
    });
    setBack((now) => {
      const kept = now.filter(({ id }) => active.has(id));
      return come.length === 0 && kept.length === now.length ? now : [...kept, ...come];
    });
  }, [endpoints]);
  return { back, dismiss: (id) => setBack((now) => now.filter((one) => one.id !== id)) };
}
