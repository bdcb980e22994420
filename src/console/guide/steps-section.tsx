import { Anchor, List, Text } from '@mantine/core';
import { Link } from 'react-router';

import { useMay } from '../session/viewer.tsx';
import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';

/** The wizard, with the labels that it has. */
export function StepsSection() {
  const mayManage = useMay('WEBHOOKS_MANAGE');
  return (
    <Section id="steps" title={SECTIONS.steps}>
      {mayManage ? (
        <Text>
          Open{' '}
          <Anchor component={Link} to="/webhooks">
            Webhooks
          </Anchor>{' '}
          in the Admin category and choose <b>ADD WEBHOOK</b>. What you type is kept on the server at each
          step, so you may stop and go on later, on another machine, too.
        </Text>
      ) : (
        <Text>
          Adding a webhook needs the permission to manage webhooks. Somebody who manages access in your
          account can grant it; then the page Webhooks appears in the Admin category.
        </Text>
      )}
      <List type="ordered" spacing="sm">
        <List.Item>
          <b>Name it.</b> Give it a name and a description that tell a colleague what it is for. Choose whose
          activity it watches: everybody in the account, one login with all below it, or a team. Then{' '}
          <b>NEXT</b>.
        </List.Item>
        <List.Item>
          <b>Say where to send.</b> Enter the address of your receiver: a public https address; or choose a
          mailbox, or the mailboxes of the team that is watched, which get each record by e-mail once their
          owners have confirmed. Under <b>Advanced</b> you can choose how requests authenticate at your
          gateway, how they are signed and what they look like, and set headers of your own, the time limit,
          and the retries. <b>ADD ANOTHER ENDPOINT</b> sends every event to a further address. Then{' '}
          <b>NEXT</b>.
        </List.Item>
        <List.Item>
          <b>Say when.</b> Pick a resource and one of its events. <b>ADD ANOTHER TRIGGER</b> adds more; any
          one of them is enough, and an event that fits several is sent once. <b>ADD</b> saves everything at
          once and the webhook is enabled.
        </List.Item>
      </List>
      <Text>
        At the end you see a signing secret for each endpoint. Store it where your receiver can read it; later
        it can be revealed on the page of the webhook, which is written to the audit log. You can edit,
        disable or delete the webhook at any time; what happens while it is disabled is not sent later.
      </Text>
    </Section>
  );
}
