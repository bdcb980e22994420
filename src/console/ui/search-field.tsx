/** The search of a list: what is typed is used a quarter of a second after the last key, and `/` leads here. */
import { CloseButton, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useNavigation } from 'react-router';

const TYPING_MS = 250;

interface SearchFieldProps {
  label: string;
  /** What stands in the empty field where the label is too long for it. */
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
}

export function SearchField({ label, placeholder = label, value, onChange }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const said = useRef(value);
  // A page that is on its way would be called off by a change of this one's address.
  const leaving = useNavigation().state !== 'idle';
  const use = useDebouncedCallback((text: string) => {
    if (leaving) return;
    said.current = text;
    onChange(text);
  }, TYPING_MS);
  // Set from outside: Clear filters, or the browser's Back. What this field itself said last is no news.
  useEffect(() => {
    if (value === said.current) return;
    said.current = value;
    use.cancel();
    setTyped(value);
  }, [value, use]);
  return (
    <TextInput
      type="search"
      data-search
      aria-label={label}
      placeholder={placeholder}
      w={{ base: '100%', xs: 300 }}
      leftSection={<IconSearch aria-hidden size={16} />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        use(event.currentTarget.value.trim());
      }}
      rightSection={
        typed !== '' && (
          <CloseButton
            size="sm"
            aria-label="Clear the search"
            onClick={() => {
              use.cancel();
              setTyped('');
              said.current = '';
              onChange('');
            }}
          />
        )
      }
    />
  );
}
