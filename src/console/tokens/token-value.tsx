/** The value of a new token, and how it is used. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';

import { apiAddress } from '../address.ts';
import { CodeBlock } from '../ui/code-block.tsx';

export function TokenValue({ name, value, onDone }: { name: string; value: string; onDone: () => void }) {
  const done = useRef<HTMLButtonElement>(null);
  // The field that had the focus is gone.
  useEffect(() => done.current?.focus(), []);
  return (
    <Stack>
      <Alert icon={<IconKey aria-hidden />} title="Copy it now" role="status">
        This is the only time that the value of <b>{name}</b> is shown. The server keeps no copy of it: if it
        is lost, revoke it and make another one.
      </Alert>
      <CodeBlock text={value} label="access token" />
      <Stack gap={4}>
        <Text size="sm">Try it, with the token in the variable TOKEN:</Text>
        <CodeBlock text={example()} label="example" />
      </Stack>
      <Group justify="flex-end">
        <Button ref={done} onClick={onDone}>
          I have stored it
        </Button>
      </Group>
    </Stack>
  );
}

function example(): string {
  return [
    `curl ${apiAddress('graphql')} \\`,
    `  -H "authorization: Bearer $TOKEN" \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '{"query":"{ viewer { number name permissions } }"}'`,
  ].join('\n');
}
