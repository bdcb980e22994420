/**
 * Which pushed deliveries a list shows. The server pushes a delivery only while it fits the filter, so a list of
 * failed ones would never hear that one of them was delivered after all. What can change in a delivery's life, its
 * state and its answer, is therefore left out of the subscription and judged here; the rest the server filters.
 */
import type { DeliveryFilterInput, DeliveryRowFragment } from '../gql/graphql.ts';
import type { Judge } from './live-list.ts';

type Filter = Pick<DeliveryFilterInput, 'status' | 'statusCode'>;
type Row = Pick<DeliveryRowFragment, 'id' | 'version' | 'status' | 'latestAttempt'>;

/** The part of a filter that the server can judge for a whole stream. */
export function streamFilter(filter: DeliveryFilterInput): DeliveryFilterInput {
  const { status: _status, statusCode: _statusCode, ...rest } = filter;
  return rest;
}

/** Judges by the rest. */
export function fitsFilter({ status, statusCode }: Filter): Judge<Row> {
  return (row, before) => {
    if (status && !status.includes(row.status)) return false;
    if (!statusCode) return true;
    // A lost attempt says nothing of an answer: that of the attempt before it still counts.
    if (row.latestAttempt?.outcome === 'LOST') return before?.fits === true;
    const code = row.latestAttempt?.response?.statusCode;
    return code != null && statusCode.includes(code);
  };
}
