/** What an entry is about: a link while the thing is there, its name and id when it is gone. */
import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';

import { resourceAddress } from '../catalog/resource-address.ts';
import { countInWords } from '../deliveries/use-count.ts';
import type { AuditRowFragment } from '../gql/graphql.ts';
import type { Change } from './words.ts';

type Thing = NonNullable<AuditRowFragment['subject']>;

export function Subject({ entry: { subject, subjectId, changes } }: { entry: AuditRowFragment }) {
  const place = subject && placeOf(subject);
  if (place)
    return (
      <Anchor component={Link} to={place.to} size="sm">
        {place.text}
      </Anchor>
    );
  const name = subject && 'name' in subject ? subject.name : formerName(changes as Record<string, Change>);
  return (
    <span>
      {name ?? subjectId}
      {subject === null && (
        <Text span size="xs" c="dimmed">
          {' '}
          (gone, or not yours to see)
        </Text>
      )}
    </span>
  );
}

function placeOf(thing: Thing): { to: string; text: string } | null {
  if ('label' in thing) return { to: resourceAddress(thing.name), text: thing.label };
  if ('matched' in thing)
    return {
      to: `/replays/${thing.id}`,
      text: `of ${countInWords({ value: thing.matched, precision: 'EXACT' }, 'delivery', 'deliveries')}`,
    };
  if (!('number' in thing)) return null;
  const text = `${thing.number}, ${thing.name}`;
  if (thing.id.startsWith('whk_')) return { to: `/webhooks/${thing.number}`, text };
  return { to: thing.id.startsWith('tem_') ? `/teams?team=${thing.id}` : `/logins/${thing.id}`, text };
}

/** The entry of an end tells what the thing was called. */
function formerName({ name, label }: Record<string, Change>): string | null {
  const known = label ?? name;
  const value = known?.to ?? known?.from;
  return typeof value === 'string' ? value : null;
}
