/** A filter that is typed: used when it makes sense, a moment after the last key. */
import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';

const TYPING_MS = 350;

interface TypedFieldProps {
  label: string;
  value: string;
  width: number;
  /** What is wrong with a text that is not empty; null when nothing is. */
  check?: (text: string) => string | null;
  onChange: (value: string) => void;
}

export function TypedField({ label, value, width, check = () => null, onChange }: TypedFieldProps) {
  const [typed, setTyped] = useState(value);
  const said = useRef(value);
  const use = useDebouncedCallback((text: string) => {
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
  const problemOf = (text: string): string | null => (text === '' ? null : check(text));
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      w={{ base: 'calc(50% - 5px)', xs: width }}
      value={typed}
      error={problemOf(typed.trim())}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        if (problemOf(text.trim()) === null) use(text.trim());
      }}
    />
  );
}
