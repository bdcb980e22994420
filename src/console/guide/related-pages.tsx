import { Anchor, List, Text } from '@mantine/core';
import { Link } from 'react-router';

import { useMay, useMayReadDeliveries } from '../session/viewer.tsx';
import { Section } from '../ui/section.tsx';
import { SECTIONS } from './contents.tsx';

/** Where to go from here; pages that the viewer may not see are left out. */
export function RelatedPages() {
  const mayManage = useMay('WEBHOOKS_MANAGE');
  const mayRead = useMayReadDeliveries();
  const pages: [to: string, label: string, text: string, shown: boolean][] = [
    ['/webhooks', 'Webhooks', 'add, edit and delete them', mayManage],
    ['/settings/api/webhook-listeners', 'Webhook Listeners', 'the same webhooks, under Settings', mayManage],
    ['/deliveries', 'Deliveries', 'every attempt, as it happens', mayRead],
    ['/settings/api/catalog', 'Catalog', 'what can be listened to, with models and samples', true],
    ['/settings/api/access-tokens', 'Access tokens', 'for programs that use the API', true],
  ];
  return (
    <Section id="related" title={SECTIONS.related}>
      <List spacing={4}>
        {pages
          .filter(([, , , shown]) => shown)
          .map(([to, label, text]) => (
            <List.Item key={to}>
              <Anchor component={Link} to={to}>
                {label}
              </Anchor>
              <Text span c="dimmed">
                : {text}
              </Text>
            </List.Item>
          ))}
      </List>
    </Section>
  );
}
