/** Relay connections, counts and sort directions: what all lists share. */
import { type ClassType, Field, ObjectType } from 'type-graphql';

import type { Page, PageRequest } from '../../db/page.ts';
import { SafeInt } from '../scalars.ts';
import { defineEnum } from './enum.ts';

/** Where a page lies in its list. */
@ObjectType('PageInfo', {
  simpleResolvers: true,
  description: 'Where a page lies in its list (Relay Cursor Connections).',
})
export class PageInfoType {
  @Field(() => Boolean, { description: 'Whether more follows: ask again with after: endCursor.' })
  hasNextPage: boolean;

  @Field(() => Boolean, {
    description: 'Whether something comes before: ask again with before: startCursor.',
  })
  hasPreviousPage: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The cursor of the first item; null on an empty page.',
  })
  startCursor: string | null;

  @Field(() => String, { nullable: true, description: 'The cursor of the last item; null on an empty page.' })
  endCursor: string | null;
}

/** How far a Count can be trusted. */
export const CountPrecision = defineEnum('CountPrecision', 'Whether a count is exact or a lower bound.', {
  EXACT: 'There are exactly that many.',
  AT_LEAST: 'Counting stopped at the limit, or earlier where few of many fit; there may be more.',
});

/** A count that says whether it was capped. */
@ObjectType('Count', {
  simpleResolvers: true,
  description: 'A count over a list that may be too long to count to its end.',
})
export class CountType {
  @Field(() => SafeInt, { description: 'How many were counted.' })
  value: number;

  @Field(() => CountPrecision, { description: 'Whether value is all of them.' })
  precision: keyof typeof CountPrecision;
}

/** Ascending or descending. */
export const OrderDirection = defineEnum('OrderDirection', 'Which end of a list comes first.', {
  ASC: 'Smallest, first in the alphabet, or oldest first.',
  DESC: 'Largest, last in the alphabet, or newest first.',
});

/** The plain value behind a connection: what the fields of connectionTypes read. */
export interface ConnectionValue<T> {
  edges: { cursor: string; node: T }[];
  nodes: T[];
  pageInfo: PageInfoType | (() => Promise<PageInfoType>);
}

/** Makes the value of a connection from a page of rows, each row through `map`. */
export function toConnection<R, T>(page: Page<R>, map: (row: R) => T): ConnectionValue<T> {
  const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: map(node) }));
  return {
    edges,
    nodes: edges.map((edge) => edge.node),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/**
 * The same of a page that is still to be read. One without rows, as those ask for who want a count, is read only for what lies
 * around it: to find out whether a list of millions has a first row took up to ten times as long as to count it.
 */
export async function connectionOf<R, T>(
  { limit }: PageRequest,
  read: () => Promise<Page<R>>,
  map: (row: R) => T,
): Promise<ConnectionValue<T>> {
  if (limit > 0) return toConnection(await read(), map);
  const pageInfo = async () => toConnection(await read(), map).pageInfo as PageInfoType;
  return { edges: [], nodes: [], pageInfo };
}

/**
 * The edge type of a list, and the fields that its connection has in common with all others; the
 * connection class extends the latter and adds its way of counting.
 */
export function connectionTypes<T extends object>(
  name: string,
  one: string,
  many: string,
  node: () => ClassType<T>,
) {
  @ObjectType(`${name}Edge`, { simpleResolvers: true, description: `${one} with its cursor.` })
  class EdgeType {
    @Field(() => String, {
      description: 'The position in this list, in this order: give it as after or before.',
    })
    cursor: string;

    @Field(() => node(), { description: 'The item itself.' })
    node: T;
  }

  @ObjectType(`${name}ConnectionFields`, { simpleResolvers: true })
  abstract class ConnectionFields implements ConnectionValue<T> {
    @Field(() => [EdgeType], { description: 'The items of this page with their cursors.' })
    edges: EdgeType[];

    @Field(() => [node()], { description: `The same ${many} without cursors.` })
    nodes: T[];

    @Field(() => PageInfoType, { description: 'Whether there is more, and from where to go on.' })
    pageInfo: PageInfoType | (() => Promise<PageInfoType>);
  }
  return { EdgeType, ConnectionFields };
}
