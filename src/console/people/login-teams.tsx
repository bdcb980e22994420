/** The teams that a login is in. */
import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';

import { Section } from '../ui/section.tsx';
import type { LoginDetails } from './use-login.ts';

export function LoginTeams({ teams }: { teams: LoginDetails['teams'] }) {
  return (
    <Section
      title="Teams"
      description="A member may read the webhooks that watch its team, and what they sent."
    >
      {teams.length === 0 ? (
        <Text size="sm" c="dimmed">
          It is in no team.
        </Text>
      ) : (
        <Group gap="md">
          {teams.map(({ id, number, name }) => (
            <Anchor key={id} component={Link} to={`/teams?team=${id}`} size="sm">
              {name} #{number}
            </Anchor>
          ))}
        </Group>
      )}
    </Section>
  );
}
