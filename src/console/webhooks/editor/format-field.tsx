/** What requests look like: the four formats, and an example of the one that is chosen. */
import { Radio, Stack, Text } from '@mantine/core';

import { sampleRequest } from '../../catalog/sample.ts';
import type { PayloadFormat } from '../../gql/graphql.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { FORMAT_WORDS, FORMATS } from '../format-words.ts';

/** An event as small as can be. */
const RESOURCE = { name: 'clients' };
const EVENT = { name: 'create', examplePayload: { id: 'c-1', name: 'Ada' } };

interface FormatFieldProps {
  field: string;
  value: PayloadFormat;
  error: string | undefined;
  onChange: (format: PayloadFormat) => void;
}

export function FormatField({ field, value, error, onChange }: FormatFieldProps) {
  const { label } = FORMAT_WORDS[value];
  return (
    <Stack gap="xs">
      <Radio.Group
        label="Format"
        name={field}
        value={value}
        error={error}
        onChange={(next) => onChange(next)}
      >
        <Stack gap="xs" mt={6}>
          {FORMATS.map((format) => (
            <Radio
              key={format}
              value={format}
              label={FORMAT_WORDS[format].label}
              description={FORMAT_WORDS[format].meaning}
              {...(format === value ? { 'data-field': field } : {})}
            />
          ))}
        </Stack>
      </Radio.Group>
      <div>
        <Text size="xs" c="dimmed" mb={4}>
          So it arrives, for a client that was created:
        </Text>
        <CodeBlock text={exampleOf(value)} label={`example: ${label}`} maxHeight={280} />
      </div>
    </Stack>
  );
}

/** The headers that tell the formats apart, an empty line, the body. */
function exampleOf(format: PayloadFormat): string {
  const { contentHeaders, body } = sampleRequest(format, RESOURCE, EVENT);
  const headers = Object.entries(contentHeaders).map(([name, value]) => `${name}: ${value}`);
  return `${headers.join('\n')}\n\n${JSON.stringify(body, null, 2)}`;
}
