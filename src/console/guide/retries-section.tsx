import { List, Text } from '@mantine/core';

import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';

/** What an answer means, and what follows from it. */
export function RetriesSection() {
  return (
    <Section id="retries" title={SECTIONS.retries}>
      <List spacing="sm">
        <List.Item>
          <b>Any 2xx status means taken.</b> Answer as soon as you have stored the request, and do the work
          afterwards: the whole exchange may take 15 seconds, unless the endpoint says otherwise.
        </List.Item>
        <List.Item>
          <b>Everything else is tried again</b>: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24
          h, ten attempts in about three days, each wait spread by a fifth. Your operator may have set another
          schedule, and under <b>Advanced</b> an endpoint can have its own.
        </List.Item>
        <List.Item>
          <b>Redirects are not followed.</b> A redirect is a failure; save the final address.
        </List.Item>
        <List.Item>
          <b>The same request may come twice</b>, such as when your answer got lost. It has the same{' '}
          <code>webhook-id</code> and the same bytes, so it is easy to drop.
        </List.Item>
        <List.Item>
          <b>Order is not promised</b>, unless you ask for it: a retry can arrive behind a newer event. Under{' '}
          <b>Advanced</b> an endpoint can have what is about one entity in order; a failing delivery then
          holds back only those of its own entity.
        </List.Item>
        <List.Item>
          <b>Be ready for many.</b> Whoever imports a thousand records sends a thousand events. Under{' '}
          <b>Advanced</b> you can say how many requests may come per second and at once, and an answer with{' '}
          <code>Retry-After</code> is heeded.
        </List.Item>
      </List>
      <Text>
        When the last attempt has failed, the delivery stays in the list as failed, and can be sent again by
        hand with the same id and the same bytes, for as long as its payload is kept: 30 days, unless your
        operator has set another time. What still waits a day before that ends as failed, too.
      </Text>
    </Section>
  );
}
