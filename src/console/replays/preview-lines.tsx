/** How many deliveries would go, and what is left out; said to those who hear the page, too. */
import { Alert, Group, Loader, Paper, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';

import { countInWords } from '../deliveries/use-count.ts';
import { useAnnounce } from '../ui/announcer.tsx';
import { formatNumber } from '../ui/time.tsx';
import type { Preview } from './use-preview.ts';

export function PreviewLines({ preview, missing }: { preview: Preview; missing: boolean }) {
  const { sent, problem } = preview;
  const sentence = sent && sentenceOf(sent);
  const announce = useAnnounce();
  useEffect(() => {
    if (sentence !== null) announce(sentence);
  }, [announce, sentence]);
  if (problem !== null)
    return (
      <Alert color="orange" role="alert" title="This cannot be sent again">
        {problem}
      </Alert>
    );
  return (
    <Paper withBorder p="sm" data-preview>
      {sent === null ? (
        <Group gap="sm">
          <Loader size="xs" aria-hidden />
          <Text size="sm" c="dimmed">
            Counting …
          </Text>
        </Group>
      ) : (
        <Stack gap={4}>
          <Text fw={600}>{sentence}</Text>
          <Text size="sm" c="dimmed">
            {leftOut(preview, missing)}
          </Text>
        </Stack>
      )}
    </Paper>
  );
}

function sentenceOf(sent: NonNullable<Preview['sent']>): string {
  if (sent.value === 0) return 'Nothing would be sent again';
  const words = countInWords(sent, 'delivery', 'deliveries');
  return `${words[0]!.toUpperCase()}${words.slice(1)} would be sent again`;
}

const REASONS =
  'what goes to a webhook, an endpoint or a mailbox that is off, what is kept for less than a day more, and tests';

/** What is left out, with its number where both counts are exact. */
function leftOut({ sent, matching }: Preview, missing: boolean): string {
  const countable = sent?.precision === 'EXACT' && matching?.precision === 'EXACT' && !missing;
  const number = countable ? matching.value - sent.value : null;
  if (number === null || number < 0) return `Left out: what is on its way, ${REASONS}.`;
  if (number === 0) return 'None of the list is left out.';
  return `${formatNumber(number)} of the list ${number === 1 ? 'is' : 'are'} left out: ${REASONS}.`;
}
