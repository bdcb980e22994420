import { Anchor, List, Text } from '@mantine/core';
import { Link } from 'react-router';

import { resourceAddress } from '../catalog/resource-address.ts';
import { EndpointStatusBadge } from '../ui/delivery-status.tsx';
import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';

/** What the status of an endpoint means, and how to be told that one is off. */
export function HealthSection() {
  return (
    <Section id="health" title={SECTIONS.health}>
      <Text>The page of a webhook shows how each of its endpoints stands:</Text>
      <List spacing="sm">
        <List.Item>
          <EndpointStatusBadge status="ACTIVE" /> It is sent to, also while a single delivery is tried again.
        </List.Item>
        <List.Item>
          <EndpointStatusBadge status="PAUSED" /> Most requests of late failed. Deliveries wait, and from time
          to time one of them tries. After a success the others follow, slowly at first; nothing is lost.
        </List.Item>
        <List.Item>
          <EndpointStatusBadge status="AUTO_DISABLED" /> It had nothing but failures for five days, unless
          your operator set another time, or it answered <code>410 Gone</code>. What waited is cancelled, and
          nothing is sent until somebody enables it.
        </List.Item>
        <List.Item>
          <EndpointStatusBadge status="DISABLED" /> Somebody switched it off by hand.
        </List.Item>
      </List>
      <Text>
        Where it is not sent to, the page says why and since when it fails, and has a button that turns it on
        again: <b>Resume now</b> or <b>Enable</b>.
      </Text>
      <Text>
        <b>To be told</b> when one switches itself off, add a webhook on the built-in resource{' '}
        <Anchor component={Link} to={resourceAddress('bellwire.endpoints')}>
          Webhook endpoint
        </Anchor>{' '}
        and its event <code>auto_disabled</code>, with an address of another server: no webhook is told about
        its own endpoints.
      </Text>
    </Section>
  );
}
