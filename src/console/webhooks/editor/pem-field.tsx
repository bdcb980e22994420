/** A certificate or a key: pasted, or read from a file here in the browser. */
import { Button, FileButton, Group, Stack, Text, Textarea } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useState } from 'react';

/** More than the API takes of one: a larger file is another kind of file. */
const MOST_BYTES = 64 * 1024;

interface PemFieldProps {
  label: string;
  description: string;
  placeholder: string;
  accept: string;
  field: string;
  value: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

export function PemField(props: PemFieldProps) {
  const { label, description, placeholder, accept, field, value, error, onChange } = props;
  const [trouble, setTrouble] = useState<string | null>(null);

  async function read(file: File | null): Promise<void> {
    if (file === null) return;
    setTrouble(null);
    if (file.size > MOST_BYTES) return setTrouble(`${file.name} is too large to be a certificate or a key.`);
    try {
      onChange(await file.text());
    } catch {
      setTrouble(`${file.name} cannot be read.`);
    }
  }

  return (
    <Stack gap={6}>
      <Textarea
        {...{ label, description, placeholder, value }}
        error={error ?? trouble}
        required
        autosize
        minRows={3}
        maxRows={8}
        autoComplete="off"
        spellCheck={false}
        data-field={field}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } }}
        onChange={(event) => {
          setTrouble(null);
          onChange(event.currentTarget.value);
        }}
      />
      <Group gap="xs">
        <FileButton accept={accept} onChange={(file) => void read(file)}>
          {(button) => (
            <Button
              {...button}
              size="compact-sm"
              variant="default"
              leftSection={<IconFileUpload aria-hidden size={14} />}
              aria-label={`Read the ${label.toLowerCase()} from a file`}
            >
              From a file
            </Button>
          )}
        </FileButton>
        <Text size="xs" c="dimmed">
          Read here in the browser.
        </Text>
      </Group>
    </Stack>
  );
}
