/** How a receiver checks that a request comes from here, in six languages. Loaded when it is first looked at. */
import { Code, List, Paper, SegmentedControl, Select, Stack, Text, Title } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';

import { CodeBlock } from '../../ui/code-block.tsx';
import { Facts } from '../../ui/facts.tsx';
import classes from './details.module.css';
import { SNIPPETS } from './snippets.ts';
import type { DetailedEndpoint } from './use-webhook.ts';

const HEADERS: [name: string, meaning: string][] = [
  ['webhook-id', 'The id of the delivery: the same at every try, so that a receiver takes it once.'],
  ['webhook-timestamp', 'When this try was signed, in seconds since 1970.'],
  ['webhook-signature', 'v1, and the HMAC-SHA256 over id, timestamp and body, in base64.'],
];

export function VerifyTab({ endpoints }: { endpoints: readonly DetailedEndpoint[] }) {
  const [language, setLanguage] = useState(SNIPPETS[0]!.language);
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const { install, code } = SNIPPETS.find((snippet) => snippet.language === language)!;
  const languages = SNIPPETS.map((snippet) => snippet.language);
  return (
    <Stack gap="md">
      <Paper component="section" withBorder p="md" aria-labelledby="part-signature">
        <Stack gap="md">
          <Title order={2} size="h4" id="part-signature">
            What a receiver checks
          </Title>
          <Text size="sm" maw={720}>
            Every request is signed as the Standard Webhooks specification says, with the secret of its
            endpoint. Three headers carry it:
          </Text>
          <Facts rows={HEADERS.map(([name, meaning]) => [name, meaning])} />
          <Text size="sm">The secrets, as they were shown when the endpoints were made:</Text>
          <List size="sm" spacing={4}>
            {endpoints.map(({ id, target, secrets }) => (
              <List.Item key={id} className={classes['wrap']}>
                {target}:{' '}
                {secrets.map(({ id, hint }) => (
                  <Code key={id}>whsec_…{hint}</Code>
                ))}
              </List.Item>
            ))}
          </List>
        </Stack>
      </Paper>
      <Paper component="section" withBorder p="md" aria-labelledby="part-snippets">
        <Stack gap="md">
          <Title order={2} size="h4" id="part-snippets">
            Verify signatures
          </Title>
          {narrow ? (
            <Select
              label="Language"
              allowDeselect={false}
              data={languages}
              value={language}
              onChange={(value) => value !== null && setLanguage(value)}
            />
          ) : (
            <SegmentedControl
              aria-label="Language"
              data={languages}
              value={language}
              onChange={setLanguage}
              w="fit-content"
            />
          )}
          <CodeBlock text={install} label="the installation" />
          <CodeBlock text={code} label={`the example in ${language}`} maxHeight={560} />
        </Stack>
      </Paper>
    </Stack>
  );
}
