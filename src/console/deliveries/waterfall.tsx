/** Where the time of an attempt went: one bar a phase, and the same as a table for those who read. */
import { Stack, Table, Text } from '@mantine/core';

import type { AttemptDetailsFragment } from '../gql/graphql.ts';
import classes from './waterfall.module.css';

/** What each phase is, in words; the names are those of the API's TimingPhase. */
const WORDS: Record<string, [label: string, meaning: string]> = {
  queue: ['Queue', 'from the claim to the start'],
  token: ['Token', 'fetching an access token'],
  dns: ['DNS', 'finding the address of the host'],
  connect: ['Connect', 'opening the connection'],
  tls: ['TLS', 'agreeing on encryption'],
  request: ['Send', 'sending headers and body'],
  firstByte: ['Wait', 'until the answer began'],
  download: ['Receive', 'reading the answer'],
};

/** 0.4 ms, 12.3 ms, 1.2 s: finer than what people need elsewhere. */
function formatMs(ms: number): string {
  return ms < 1_000 ? `${Number(ms.toFixed(ms < 10 ? 2 : 1))} ms` : `${Number((ms / 1_000).toFixed(2))} s`;
}

export function Waterfall({ attempt }: { attempt: AttemptDetailsFragment }) {
  const { phases, durationMs } = attempt;
  if (phases.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {attempt.outcome === 'BLOCKED'
          ? 'Nothing was sent, so nothing was measured.'
          : 'Nothing was measured for this attempt.'}
      </Text>
    );
  const total = Math.max(...phases.map(({ startMs, durationMs }) => startMs + durationMs), 0.01);
  // The shortest phase is still seen.
  const share = (ms: number, least = 0): string => `${Math.max(least, (ms / total) * 100)}%`;
  return (
    <Stack gap="xs">
      <Table aria-label="Phases of the attempt" verticalSpacing={6} fz="sm" className={classes['table']}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Phase</Table.Th>
            <Table.Th>Begins</Table.Th>
            <Table.Th>Takes</Table.Th>
            <Table.Th className={classes['track']}>
              <span className={classes['hidden']}>As a bar</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {phases.map(({ name, startMs, durationMs }) => (
            <Table.Tr key={name} data-phase={name}>
              <Table.Td title={WORDS[name]?.[1]}>{WORDS[name]?.[0] ?? name}</Table.Td>
              <Table.Td>{formatMs(startMs)}</Table.Td>
              <Table.Td>{formatMs(durationMs)}</Table.Td>
              <Table.Td className={classes['track']}>
                <svg aria-hidden className={classes['bar']} preserveAspectRatio="none">
                  <rect x={share(startMs)} width={share(durationMs, 0.6)} height="100%" rx="2" />
                </svg>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed">
        {formatMs(total)} from the claim of the delivery to the end
        {durationMs != null && `; the exchange took ${formatMs(durationMs)}`}.
      </Text>
    </Stack>
  );
}
