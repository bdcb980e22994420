/** What an entry of the audit log changed, field by field: from which value to which, secrets only as changed. */
import { Stack, Text, UnstyledButton } from '@mantine/core';
import { type ReactNode, useState } from 'react';

import classes from './changes.module.css';
import { type Change, fieldWords, partOf, valueWords } from './words.ts';

/** So many lines are shown at once, and so much of a value. */
const LINES = 5;
const LONG = 140;

interface ChangesProps {
  changes: Record<string, Change>;
  name: (id: string) => string;
}

export function Changes({ changes, name }: ChangesProps) {
  const [all, setAll] = useState(false);
  const parts = new Set(Object.keys(changes).map(partOf));
  const several = (list: string): boolean =>
    [...parts].filter((part) => part?.startsWith(`${list}.`)).length > 1;
  // What was created empty is no news.
  const entries = Object.entries(changes).filter(
    ([, { from, to, changed }]) => changed || !(isNothing(from) && isNothing(to)),
  );
  const shown = all ? entries : entries.slice(0, LINES);
  return (
    <Stack gap={2} align="flex-start">
      {shown.map(([path, change]) => (
        <Line
          key={path}
          label={fieldWords(path, several(path.split('.')[0]!))}
          path={path}
          change={change}
          name={name}
        />
      ))}
      {entries.length > LINES && (
        <More opened={all} onToggle={() => setAll(!all)}>
          {all ? 'Show less' : `Show all ${entries.length}`}
        </More>
      )}
    </Stack>
  );
}

function Line(props: { label: string; path: string; change: Change; name: (id: string) => string }) {
  const { label, path, change, name } = props;
  const text = (value: unknown): string => valueWords(path, value, name);
  const members = path === 'memberIds';
  return (
    <Text size="sm" component="div">
      <Text span size="sm" c="dimmed">
        {label}:{' '}
      </Text>
      {change.changed ? (
        'changed'
      ) : members ? (
        <Members change={change} text={text} />
      ) : change.from === null || change.from === undefined ? (
        <Value text={text(change.to)} />
      ) : (
        <>
          <Value text={text(change.from)} />{' '}
          <span role="img" aria-label="to">
            →
          </span>{' '}
          <Value text={text(change.to)} />
        </>
      )}
    </Text>
  );
}

/** Of the members the API tells who left and who came. */
function Members({ change: { from, to }, text }: { change: Change; text: (value: unknown) => string }) {
  const parts = [
    ...(Array.isArray(to) && to.length > 0 ? [`came: ${text(to)}`] : []),
    ...(Array.isArray(from) && from.length > 0 ? [`left: ${text(from)}`] : []),
  ];
  return <Value text={parts.join('; ') || 'none'} />;
}

function Value({ text }: { text: string }) {
  const [opened, setOpened] = useState(false);
  if (text.length <= LONG && !text.includes('\n')) return <span className={classes['value']}>{text}</span>;
  const short = text.replace(/\s+/g, ' ').slice(0, LONG);
  return (
    <>
      {opened ? (
        <span className={classes['long']}>{text}</span>
      ) : (
        <span className={classes['value']}>{short} …</span>
      )}{' '}
      <More opened={opened} onToggle={() => setOpened(!opened)}>
        {opened ? 'Less' : 'More'}
      </More>
    </>
  );
}

function More(props: { opened: boolean; onToggle: () => void; children: ReactNode }) {
  return (
    <UnstyledButton className={classes['more']} aria-expanded={props.opened} onClick={props.onToggle}>
      {props.children}
    </UnstyledButton>
  );
}

function isNothing(value: unknown): boolean {
  return (
    value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  );
}
