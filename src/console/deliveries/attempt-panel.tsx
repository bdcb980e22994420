/** One attempt, a request or a mail: what was sent, what came back, where the time went, and the command that repeats a request. */
import { Alert, Badge, List, Stack, Tabs, Text, Title } from '@mantine/core';
import { useQuery } from 'urql';

import { BACKGROUND } from '../api/urql.ts';
import { type AttemptDetailsFragment, DeliveryAttemptDocument } from '../gql/graphql.ts';
import { CodeBlock } from '../ui/code-block.tsx';
import { ErrorState, LoadingState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { curlOf } from './curl.ts';
import { isMailAttempt, MailView, ReplyView } from './mail-view.tsx';
import { MessageView } from './message-view.tsx';
import { Waterfall } from './waterfall.tsx';
import { answerInWords, ORIGIN_WORDS } from './words.ts';

/** The tabs by their names in the address. */
export const ATTEMPT_TABS = ['request', 'response', 'timing', 'curl'] as const;
export type AttemptTab = (typeof ATTEMPT_TABS)[number];

const BY_ITSELF = { fetchOptions: BACKGROUND.fetchOptions };

interface AttemptPanelProps {
  /** The attempt's id, and its number for the heading. */
  id: string;
  number: number;
  /** Nobody chose it: it is on display as the newest one. */
  unasked: boolean;
  /** Its endpoint asks for a client certificate. */
  clientCertificate: boolean;
  tab: AttemptTab;
  onTab: (tab: AttemptTab) => void;
}

export function AttemptPanel(props: AttemptPanelProps) {
  const { id, number, unasked, clientCertificate, tab, onTab } = props;
  // An attempt that is over does not change any more, but for what is kept of it.
  const [{ data, error, stale }, again] = useQuery({
    query: DeliveryAttemptDocument,
    variables: { id },
    requestPolicy: 'cache-first',
    ...(unasked && { context: BY_ITSELF }),
  });
  const node = data?.node;
  const attempt = node && 'outcome' in node && node.id === id && !stale ? node : null;
  return (
    <Stack component="section" gap="sm" aria-labelledby="attempt-title">
      <Title order={2} size="h4" id="attempt-title">
        Attempt {number}
      </Title>
      {attempt ? (
        <AttemptTabs {...{ attempt, clientCertificate, tab, onTab }} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => again({ requestPolicy: 'network-only' })} />
      ) : (
        <LoadingState what="the attempt" />
      )}
    </Stack>
  );
}

function AttemptTabs(
  props: { attempt: AttemptDetailsFragment } & Pick<AttemptPanelProps, 'clientCertificate' | 'tab' | 'onTab'>,
) {
  const { attempt, clientCertificate, tab, onTab } = props;
  const { request, response, failure, origin, startedAt } = attempt;
  const mail = isMailAttempt(attempt);
  return (
    <>
      <Text size="sm" c="dimmed">
        {ORIGIN_WORDS[origin]}, <Time at={startedAt} full />
      </Text>
      {failure && (
        <Alert color="red" variant="light" title={answerInWords(attempt)}>
          {failure.message}
        </Alert>
      )}
      <Tabs
        // A mail cannot be repeated by curl.
        value={mail && tab === 'curl' ? 'request' : tab}
        onChange={(value) => onTab((value ?? 'request') as AttemptTab)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="request">{mail ? 'Mail' : 'Request'}</Tabs.Tab>
          <Tabs.Tab
            value="response"
            rightSection={
              response?.statusCode == null ? null : (
                <Badge size="md" variant="default">
                  {response.statusCode}
                </Badge>
              )
            }
          >
            {mail ? 'Reply' : 'Response'}
          </Tabs.Tab>
          <Tabs.Tab value="timing">Timing</Tabs.Tab>
          {!mail && <Tabs.Tab value="curl">cURL</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="request" pt="md">
          {mail ? <MailView message={request} /> : <MessageView message={request} what="request" />}
        </Tabs.Panel>
        <Tabs.Panel value="response" pt="md">
          {response ? (
            mail ? (
              <ReplyView message={response} />
            ) : (
              <MessageView message={response} what="answer" />
            )
          ) : (
            <Text size="sm" c="dimmed">
              No answer came. {failure?.message}
            </Text>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="timing" pt="md">
          <Waterfall attempt={attempt} />
        </Tabs.Panel>
        {!mail && (
          <Tabs.Panel value="curl" pt="md">
            <Curl attempt={attempt} clientCertificate={clientCertificate} />
          </Tabs.Panel>
        )}
      </Tabs>
    </>
  );
}

function Curl(props: { attempt: AttemptDetailsFragment; clientCertificate: boolean }) {
  const { attempt, clientCertificate } = props;
  const { command, placeholders, bodyMissing } = curlOf(attempt.request, clientCertificate);
  return (
    <Stack gap="sm">
      <CodeBlock text={command} label="command" />
      <List size="sm" c="dimmed" spacing={4}>
        {placeholders.length > 0 && (
          <List.Item>
            Put in the values that are kept secret: {placeholders.map((name) => `<${name}>`).join(', ')}.
          </List.Item>
        )}
        {clientCertificate && (
          <List.Item>
            The endpoint asks for a client certificate: put it into client.pem, its key into client-key.pem.
          </List.Item>
        )}
        {bodyMissing && (
          <List.Item>Only the beginning of the body is kept: put the whole of it into body.json.</List.Item>
        )}
        <List.Item>
          Time and signature are those of this attempt: receivers that check them refuse it after five
          minutes.
        </List.Item>
      </List>
    </Stack>
  );
}
