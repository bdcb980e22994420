import { Anchor, List, Text } from '@mantine/core';
import { Link } from 'react-router';

import { useMayReadDeliveries } from '../session/viewer.tsx';
import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';

/** Test events, and where to look. */
export function TestingSection() {
  const mayRead = useMayReadDeliveries();
  return (
    <Section id="testing" title={SECTIONS.testing}>
      <List spacing="sm">
        <List.Item>
          On the page of a webhook, <b>Send test</b> sends the example of an event to one endpoint or to all
          of them, whether or not the webhook is enabled. It carries the header{' '}
          <code>webhook-test: true</code>, so that your receiver can tell it from what really happened. Its
          signature is a real one.
        </List.Item>
        <List.Item>
          {mayRead ? (
            <>
              Under{' '}
              <Anchor component={Link} to="/deliveries">
                Deliveries
              </Anchor>{' '}
              every attempt appears as it happens:
            </>
          ) : (
            <>The page Deliveries, for those who may see webhooks, shows every attempt as it happens:</>
          )}{' '}
          what was sent, what came back, how long each part took, and when the next attempt is due.
        </List.Item>
      </List>
      <Text>
        Only addresses that can be reached from the internet are called, unless your operator allows others:
        for a receiver on your own machine use a tunnel, or ask for a server started for development.
      </Text>
    </Section>
  );
}
