/** A request or an answer as it went over the wire: first line, headers, body. Everything in it is shown as text. */
import { Code, Group, Stack, Switch, Table, Text, Title } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useState } from 'react';

import type { HttpMessageViewFragment } from '../gql/graphql.ts';
import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { formatBytes } from './words.ts';

/** what names the message: "request", "answer". */
export function MessageView({ message, what }: { message: HttpMessageViewFragment; what: string }) {
  const { method, url, statusCode, headers } = message;
  return (
    <Stack gap="md">
      {method != null && (
        <Text size="sm">
          <Text span fw={650} size="sm">
            {method}
          </Text>{' '}
          <Code data-url>{url}</Code>
        </Text>
      )}
      {statusCode != null && (
        <Text size="sm">
          Status{' '}
          <Text span fw={650} size="sm" data-status>
            {statusCode}
          </Text>
        </Text>
      )}
      <Stack gap={6}>
        <Title order={3} size="h5">
          Headers
        </Title>
        {headers.length === 0 ? (
          <Text size="sm" c="dimmed">
            None.
          </Text>
        ) : (
          <HeaderTable headers={headers} what={what} />
        )}
      </Stack>
      <BodyView message={message} what={what} />
    </Stack>
  );
}

/** what names the message. */
export function HeaderTable({
  headers,
  what,
}: {
  headers: HttpMessageViewFragment['headers'];
  what: string;
}) {
  return (
    <Table aria-label={`Headers of the ${what}`} layout="fixed" verticalSpacing={4} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="34%">Name</Table.Th>
          <Table.Th>Value</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {headers.map(({ name, value, secret }, index) => (
          <Table.Tr key={`${index} ${name}`}>
            <Table.Td>{name}</Table.Td>
            <Table.Td ff="monospace" fz="xs">
              {secret || value == null ? (
                <Group gap={4} wrap="nowrap">
                  <IconLock aria-hidden size={14} />
                  <Text span size="sm" c="dimmed">
                    kept secret
                  </Text>
                </Group>
              ) : (
                value
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** title is its heading; what names what it is the body of. */
export function BodyView(props: { message: HttpMessageViewFragment; what: string; title?: string }) {
  const { message, what, title = 'Body' } = props;
  const { body, bodyBytes, bodyTruncated } = message;
  const [raw, setRaw] = useState(false);
  const pretty = body == null ? '' : prettyJson(body);
  const formatted = body != null && pretty !== body;
  return (
    <Stack gap={6}>
      <Group justify="space-between">
        <Group gap="xs">
          <Title order={3} size="h5">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {formatBytes(bodyBytes)}
          </Text>
        </Group>
        {formatted && (
          <Switch
            size="sm"
            label="As it was sent"
            checked={raw}
            onChange={(event) => setRaw(event.currentTarget.checked)}
          />
        )}
      </Group>
      {bodyTruncated && body != null && (
        <Text size="sm" c="dimmed">
          Only the beginning is kept: {formatBytes(new TextEncoder().encode(body).length)} of{' '}
          {formatBytes(bodyBytes)}.
        </Text>
      )}
      {body == null || body === '' ? (
        <Text size="sm" c="dimmed">
          {bodyBytes > 0
            ? 'The body is not kept any more: payloads are kept for a limited time.'
            : 'There is none.'}
        </Text>
      ) : (
        <CodeBlock text={raw || !formatted ? body : pretty} label={`body of the ${what}`} />
      )}
    </Stack>
  );
}
