/** A mail as it was handed over, and what the mail server said to it. Everything in it is shown as text. */
import { Code, Stack, Text, Title } from '@mantine/core';

import type { HttpMessageViewFragment } from '../gql/graphql.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { BodyView, HeaderTable } from './message-view.tsx';

const SCHEME = 'mailto:';

/** Whether an attempt was a mail rather than a request. */
export function isMailAttempt({ request }: { request: { url?: string | null } }): boolean {
  return request.url?.startsWith(SCHEME) === true;
}

export function MailView({ message }: { message: HttpMessageViewFragment }) {
  const { url, headers } = message;
  return (
    <Stack gap="md">
      <Text size="sm">
        <Text span fw={650} size="sm">
          To
        </Text>{' '}
        <Code data-url>{url?.slice(SCHEME.length)}</Code>
      </Text>
      <Stack gap={6}>
        <Title order={3} size="h5">
          Headers
        </Title>
        {headers.length === 0 ? (
          <Text size="sm" c="dimmed">
            None.
          </Text>
        ) : (
          <HeaderTable headers={headers} what="mail" />
        )}
      </Stack>
      <BodyView message={message} what="mail" title="Attached JSON" />
    </Stack>
  );
}

export function ReplyView({ message: { statusCode, body } }: { message: HttpMessageViewFragment }) {
  return (
    <Stack gap="xs">
      <Text size="sm">
        The mail server replied with the code{' '}
        <Text span fw={650} size="sm" data-status>
          {statusCode}
        </Text>
      </Text>
      <CodeBlock text={body ?? ''} label="reply" />
    </Stack>
  );
}
