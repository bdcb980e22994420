/** A sentence of the server with its instants in the reader's own locale and time zone. */
import { Fragment } from 'react';

import { Time } from './time.tsx';

/** As the server writes instants into sentences: 2026-11-26 03:20:05 UTC. */
const INSTANT = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/;

export function DatedText({ text }: { text: string }) {
  // Between the texts stand the two groups of each match.
  const parts = text.split(INSTANT);
  return parts.map((part, index) => {
    if (index % 3 === 2) return null;
    if (index % 3 === 0) return <Fragment key={index}>{part}</Fragment>;
    return <Time key={index} at={`${part}T${parts[index + 1]}Z`} full />;
  });
}
