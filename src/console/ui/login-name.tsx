/** A login as people tell it apart: its name, and its number where names repeat. */
import { Text } from '@mantine/core';

export function LoginName({ login }: { login: { number: number; name: string } }) {
  return (
    <span>
      {login.name}{' '}
      <Text span size="xs" c="dimmed">
        #{login.number}
      </Text>
    </span>
  );
}
