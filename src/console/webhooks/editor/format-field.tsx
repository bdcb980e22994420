/** What is sent, as a request or attached to a mail: the formats, and an example of the one that is chosen. */
import { Radio, Stack, Text } from '@mantine/core';

import { sampleRequest } from '../../catalog/sample.ts';
import type { PayloadFormat } from '../../gql/graphql.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import { FORMAT_WORDS, FORMATS } from '../format-words.ts';

/** An event as small as can be. */
const RESOURCE = { name: 'clients' };
const EVENT = { name: 'create', examplePayload: { id: 'c-1', name: 'Ada' } };

/** The format whose point are its headers. */
const BY_HEADERS: PayloadFormat = 'CLOUDEVENTS_BINARY';

interface FormatFieldProps {
  /** It is attached to a mail, which has no headers of its own to tell what happened. */
  attached?: boolean;
  field: string;
  value: PayloadFormat;
  error: string | undefined;
  onChange: (format: PayloadFormat) => void;
}

export function FormatField({ attached = false, field, value, error, onChange }: FormatFieldProps) {
  const { label } = FORMAT_WORDS[value];
  return (
    <Stack gap="xs">
      <Radio.Group
        label={attached ? 'Format of the attached JSON' : 'Format'}
        name={field}
        value={value}
        error={error}
        onChange={(next) => onChange(next)}
      >
        <Stack gap="xs" mt={6}>
          {FORMATS.filter((format) => !attached || format !== BY_HEADERS || format === value).map(
            (format) => (
              <Radio
                key={format}
                value={format}
                label={FORMAT_WORDS[format].label}
                description={FORMAT_WORDS[format].meaning}
                {...(format === value ? { 'data-field': field } : {})}
              />
            ),
          )}
        </Stack>
      </Radio.Group>
      <div>
        <Text size="xs" c="dimmed" mb={4}>
          {attached ? 'So the attached file reads' : 'So it arrives'}, for a client that was created:
        </Text>
        <CodeBlock text={exampleOf(value, attached)} label={`example: ${label}`} maxHeight={280} />
      </div>
    </Stack>
  );
}

/** The headers that tell the formats apart, an empty line, the body; of a file the body alone. */
function exampleOf(format: PayloadFormat, attached: boolean): string {
  const { contentHeaders, body } = sampleRequest(format, RESOURCE, EVENT);
  const headers = Object.entries(contentHeaders).map(([name, value]) => `${name}: ${value}`);
  const text = JSON.stringify(body, null, 2);
  return attached ? text : `${headers.join('\n')}\n\n${text}`;
}
