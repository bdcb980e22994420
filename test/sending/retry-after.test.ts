/** Retry-After in all its forms (REL-10): heeded within bounds, never believed beyond them. */
import { isBusy, retryAfterMs } from '../../src/sending/retry-after.ts';

const NOW = Date.parse('2026-11-26T12:00:00Z');
const HOUR = 3_600_000;

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Thu, 26 Nov 2026 12:01:30 GMT', 90_000],
    ['Thursday, 26-Nov-26 12:01:30 GMT', 90_000],
    ['Thu Nov 26 12:01:30 2026', 90_000],
    // Ten years are an hour.
    ['315360000', HOUR],
    ['999999999999999', HOUR],
    ['Wed, 26 Nov 2036 12:00:00 GMT', HOUR],
  ])('%s is a wait (REL-10)', (value, wait) => {
    expect(retryAfterMs(value, NOW, HOUR)).toBe(wait);
  });

  it.each([
    '',
    '0',
    '-5',
    '1.5',
    '1e9',
    '0x10',
    'soon',
    '12 minutes',
    '2026-11-26T13:00:00Z',
    '26 Nov 2026 13:00:00 GMT',
    'Thu, 26 Nov 2026 11:59:59 GMT',
    'Thu, 99 Nov 2026 12:00:00 GMT',
    '9'.repeat(400),
    '５',
  ])('%s is none (REL-10)', (value) => {
    expect(retryAfterMs(value, NOW, HOUR)).toBe(0);
  });

  it('that is missing is none', () => {
    expect(retryAfterMs(undefined, NOW, HOUR)).toBe(0);
  });
});

it('a receiver has too much to do when it answers 429, 502, 503 or 504', () => {
  const busy = Array.from({ length: 500 }, (_, index) => index + 100).filter((status) => isBusy(status));
  expect(busy).toEqual([429, 502, 503, 504]);
  expect(isBusy(null)).toBe(false);
});
