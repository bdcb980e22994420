/** Few ids, or the word that there are more: as one row, since a row for each costs the driver more than it costs PostgreSQL to read them. */

/** The text of a query for ids (ids, of the column id) as a query for one row, of which fewIn() reads them when they are no more than most. */
export const fewIds = (ids: string, most: number): string =>
  `select case when count(*) <= ${most} then coalesce(string_agg(one.id, ' '), '') end as ids from (${ids}) one`;

/** The ids in the row of fewIds(), none of which has a space; null when there were more. */
export function fewIn({ ids }: { ids: string | null }): string[] | null {
  return ids === null ? null : ids.split(' ').filter((id) => id !== '');
}
