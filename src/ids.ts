/**
 * Ids: a type prefix, an underscore and a UUIDv7 in 26 base-32 characters, as the TypeID spec 0.3
 * writes them (whk_01jq…). They are time-ordered as plain text under the collation "C", so tables
 * are partitioned by the id itself and a look-up by id finds its partition.
 */
import { typeidUnboxed } from 'typeid-js';

/** The prefixes in use, by the thing they name. */
export const ID_PREFIX = {
  login: 'lgn',
  team: 'tem',
  accessToken: 'tok',
  session: 'ses',
  signInLink: 'sil',
  webhooksLink: 'wbl',
  identity: 'idn',
  resource: 'res',
  webhook: 'whk',
  draft: 'drf',
  endpoint: 'ep',
  mailbox: 'mbx',
  mail: 'eml',
  trigger: 'trg',
  secret: 'sec',
  event: 'evt',
  delivery: 'dlv',
  attempt: 'att',
  replay: 'rpl',
  audit: 'aud',
} as const;

/** A thing that has an id. */
export type IdKind = keyof typeof ID_PREFIX;

const KIND_BY_PREFIX = new Map<string, IdKind>(
  Object.entries(ID_PREFIX).map(([kind, prefix]) => [prefix, kind as IdKind]),
);

/** A fresh id; ids made by one process in one millisecond keep their order. */
export function newId(kind: IdKind): string {
  return typeidUnboxed(ID_PREFIX[kind]);
}

/** Which kind of thing an id names, or undefined when it is none of ours. */
export function kindOfId(id: string): IdKind | undefined {
  const match = /^([a-z]+)_[0-7][0-9a-hjkmnp-tv-z]{25}(?:_[1-9]\d{0,8})?$/.exec(id);
  const kind = match ? KIND_BY_PREFIX.get(match[1]!) : undefined;
  if (kind === undefined) return undefined;
  // Only attempts carry a number behind the id of their delivery.
  return (kind === 'attempt') === /_\d+$/.test(id.slice(5)) ? kind : undefined;
}

/** The id of an attempt: its delivery's id under its own prefix, and its number. */
export function attemptId(deliveryId: string, number: number): string {
  return `${ID_PREFIX.attempt}${deliveryId.slice(ID_PREFIX.delivery.length)}_${number}`;
}

/** The delivery and the number that an attempt's id names, or undefined for any other text. */
export function parseAttemptId(id: string): { deliveryId: string; number: number } | undefined {
  if (kindOfId(id) !== 'attempt') return undefined;
  const cut = id.lastIndexOf('_');
  return {
    deliveryId: `${ID_PREFIX.delivery}${id.slice(ID_PREFIX.attempt.length, cut)}`,
    number: Number(id.slice(cut + 1)),
  };
}

/** The digits of base 32, and how many of an id are its time: 48 bits of milliseconds behind two that are 0. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;

/** When an id was made, ms since 1970; the instant of a bound that idFloor made. */
export function idTime(id: string): number {
  // Digit by digit, here and in idFloor: by way of bytes it took 4 us each, and lists ask it of thousands of ids.
  const start = id.indexOf('_') + 1;
  let ms = 0;
  for (let place = start; place < start + TIME_DIGITS; place += 1) {
    const digit = DIGITS.indexOf(id.charAt(place) || ' ');
    if (digit < 0) throw new Error(`${id} is no id`);
    ms = ms * 32 + digit;
  }
  return ms;
}

/** The smallest id of a kind that can be made at or after an instant (ms since 1970): a partition's bound. */
export function idFloor(kind: IdKind, atMs: number): string {
  let rest = Math.max(0, Math.floor(atMs));
  let digits = '';
  for (let place = 0; place < TIME_DIGITS; place += 1) {
    digits = DIGITS.charAt(rest % 32) + digits;
    rest = Math.floor(rest / 32);
  }
  return `${ID_PREFIX[kind]}_${digits}${'0'.repeat(26 - TIME_DIGITS)}`;
}

/** The same as SQL, of an expression for an instant. */
export function idFloorSql(kind: IdKind, instant: string): string {
  // 50 bits of milliseconds, five in a digit; the digits behind are all the smallest.
  const digits = Array.from(
    { length: 10 },
    (_, place) => `substr('${DIGITS}', ((at.ms >> ${45 - 5 * place}) & 31)::int + 1, 1)`,
  );
  return `(select '${ID_PREFIX[kind]}_' || ${digits.join(' || ')} || '${'0'.repeat(16)}'
    from (select (extract(epoch from ${instant}) * 1000)::bigint as ms) at)`;
}
