import fc from 'fast-check';
import pg from 'pg';

import { findTextFault } from '../../src/catalog/json-text.ts';
import { MAX_PAYLOAD_BYTES, readPayload } from '../../src/catalog/payload.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';

const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

function refusal(input: { payload?: unknown; payloadText?: string | null }): {
  code: string;
  field: string[] | null;
  message: string;
} {
  const result = readPayload(input, ['0']);
  if (result.ok) throw new Error('it was accepted');
  expect(result.problems).toHaveLength(1);
  return result.problems[0]!;
}

describe('a payload text is taken byte for byte', () => {
  it.each<[string, string]>([
    ['with names that JSON.parse would sort', '{"b":1,"10":"x","2":"y"}'],
    ['with numbers that JSON.parse would rewrite', '{"a":1.0,"b":12345678901234567890,"c":1E2,"d":-0}'],
    ['with more digits than a double has', '{"a":0.1000000000000000055511151231257827021181583404541015625}'],
    ['with emoji, raw and escaped', '{"🎉":"👩‍👩‍👧","e":"\\ud83c\\udf89"}'],
    ['with white space anywhere', '\n{ "a" :\t[ 1 , 2 ] ,\r\n"b" : { } }\n'],
    ['with the same name in several objects', '{"a":{"a":1},"b":[{"a":1},{"a":2}]}'],
    ['with strings that look like names', '{"a":"\\":1,\\"a\\":","b":":","c":"\\\\"}'],
    [
      'with strings that look like faults',
      '{"sha":"1e99999","b":"\\\\u0000","c":"1'.concat('0'.repeat(200), '"}'),
    ],
    ['with a number of 120 digits', `{"a":0.${'1'.repeat(120)}}`],
    ['with a number next to zero', '{"a":1e-9999}'],
    ['of 200 levels', nested(200)],
    ['of 1 MiB', `{"a":"${'x'.repeat(MAX_PAYLOAD_BYTES - 8)}"}`],
    ['of nothing', '{}'],
  ])('%s', (_, text) => {
    const result = readPayload({ payloadText: text, payload: null }, []);
    expect(result).toEqual({ ok: true, value: { text, value: JSON.parse(text) as unknown } });
  });
});

it('a payload value becomes what JSON.stringify makes of it', () => {
  const payload = { b: [1.5, null, true], a: { 'é🎉': 'x' }, big: Number.MAX_SAFE_INTEGER, tiny: 5e-324 };
  expect(readPayload({ payload }, [])).toEqual({
    ok: true,
    value: { text: JSON.stringify(payload), value: payload },
  });
});

describe('exactly one of payload and payloadText is given', () => {
  it.each([[{}], [{ payload: null, payloadText: null }]])('%j is refused as REQUIRED', (input) => {
    expect(refusal(input)).toMatchObject({ code: 'REQUIRED', field: ['0', 'payload'] });
  });
  it('both are refused as INVALID', () => {
    expect(refusal({ payload: {}, payloadText: '{}' })).toMatchObject({
      code: 'INVALID',
      field: ['0', 'payloadText'],
    });
  });
});

describe('a payload text is refused', () => {
  it.each<[string, string, string[], string]>([
    ['that is empty', '', [], 'line 1, column 1: The text ends too early.'],
    ['that is cut off', '{"a": [1,\n', ['a', '1'], 'line 2, column 1: The text ends too early.'],
    ['that is cut off in a string', '{"a": "b', ['a'], 'line 1, column 9: The text ends inside a string.'],
    ['with a bare word', '{\n  "a": secret}', ['a'], 'line 2, column 8: Here a value was expected.'],
    ['with a bare name', '{a: 1}', [], 'line 1, column 2: Here a name in double quotes was expected.'],
    [
      'with a comma too many',
      '{"a": 1,}',
      [],
      'line 1, column 9: Here a name in double quotes was expected.',
    ],
    ['with a comma too few', '{"a": 1 "b": 2}', [], 'line 1, column 9: Here a comma or } was expected.'],
    ['with a colon too few', '{"a" 1}', ['a'], 'line 1, column 6: Here a colon was expected.'],
    ['with a bracket too few', '{"a": [1 }', ['a'], 'line 1, column 10: Here a comma or ] was expected.'],
    ['with more behind it', '{} {}', [], 'line 1, column 4: Nothing may follow the value.'],
    [
      'with an escape that JSON has not',
      '{"a": "\\x"}',
      ['a'],
      'line 1, column 8: This is no escape sequence of JSON.',
    ],
    [
      'with a line break in a string',
      '{"a": "\n"}',
      ['a'],
      'line 1, column 8: A string may not hold control characters; escape them.',
    ],
    ['with a leading zero', '{"a": 01}', [], 'line 1, column 8: Here a comma or } was expected.'],
    ['with a byte order mark', '\ufeff{}', [], 'line 1, column 1: Here a value was expected.'],
    ['that is a list', '[1]', [], 'A payload is a JSON object.'],
    ['that is null', 'null', [], 'A payload is a JSON object.'],
    [
      'with the same name twice',
      '{"a": {"b": 1, "b": 2}}',
      ['a', 'b'],
      'line 1, column 16: The object has this name twice.',
    ],
    [
      'with the same name twice, written apart',
      '{"a":[{"b" :1,"c":"\\":","\\u0062":2}]}',
      ['a', '0', 'b'],
      'line 1, column 25: The object has this name twice.',
    ],
    ['with NUL in a string', '{"a": ["x\\u0000"]}', ['a', '0'], 'The character \\u0000 cannot be stored.'],
    ['with NUL in a name', '{"a\\u0000": 1}', ['a\0'], 'The character \\u0000 cannot be stored.'],
    [
      'with half a surrogate pair, escaped',
      '{"a": "\\uD83C"}',
      ['a'],
      'Half of a surrogate pair (\\ud800 to \\udfff) is no character.',
    ],
    [
      'with half a surrogate pair, raw',
      '{"a": "\udf89"}',
      ['a'],
      'Half of a surrogate pair (\\ud800 to \\udfff) is no character.',
    ],
    [
      'with a surrogate pair half raw and half escaped',
      '{"a": "\ud83c\\udf89"}',
      [],
      'Half of a surrogate pair (\\ud800 to \\udfff) is no character.',
    ],
    [
      'with half a surrogate pair beside a whole one',
      '{"🎉": {"\ud83c": 1}}',
      ['🎉', '\ud83c'],
      'Half of a surrogate pair (\\ud800 to \\udfff) is no character.',
    ],
    [
      'with a number beyond a double',
      '{"a": {"b": 1e400}}',
      ['a', 'b'],
      'The number is out of the range of a double.',
    ],
    [
      'with a number of too many digits',
      `{"a": 0.${'0'.repeat(17_000)}1}`,
      ['a'],
      'line 1, column 7: The number has too many digits or too large an exponent.',
    ],
    [
      'with a huge exponent',
      '{"a": [1, 1e-20000]}',
      ['a', '1'],
      'line 1, column 11: The number has too many digits or too large an exponent.',
    ],
    [
      'with a huge exponent of nothing',
      '{"a":-0e2000000000}',
      ['a'],
      'line 1, column 6: The number has too many digits or too large an exponent.',
    ],
    ['of 201 levels', nested(201), Array<string>(200).fill('a'), 'Objects and lists nest deeper than 200.'],
    [
      'of 100,000 levels',
      nested(100_000),
      Array<string>(200).fill('a'),
      'Objects and lists nest deeper than 200.',
    ],
  ])('%s', (_, text, path, message) => {
    expect(refusal({ payloadText: text })).toEqual({
      code: 'INVALID_PAYLOAD',
      field: ['0', 'payloadText', ...path],
      message,
    });
  });

  it('of more than 1 MiB, counted in bytes of UTF-8', () => {
    const text = `{"a":"${'é'.repeat(MAX_PAYLOAD_BYTES / 2)}"}`;
    expect(text.length).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(refusal({ payloadText: text })).toMatchObject({ code: 'TOO_LONG', field: ['0', 'payloadText'] });
  });
});

describe('a payload value is refused', () => {
  it.each<[string, unknown, string[], RegExp]>([
    [
      'with an integer beyond 2^53',
      { a: [{ b: 2 ** 53 }] },
      ['a', '0', 'b'],
      /give the payload as payloadText/,
    ],
    ['with an integer of 20 digits', JSON.parse('{"a":12345678901234567890}'), ['a'], /beyond 2\^53/],
    ['with an integer below -2^53', { a: -(2 ** 53) }, ['a'], /beyond 2\^53/],
    ['with a number beyond a double', JSON.parse('{"a":1e400}'), ['a'], /range of a double/],
    ['with NUL in a string', { a: { b: 'x\0' } }, ['a', 'b'], /u0000/],
    ['with half a surrogate pair in a name', { a: { '\ud83c': 1 } }, ['a', '\ud83c'], /surrogate/],
    ['that is a list', [1], [], /JSON object/],
    ['that is a text', '{}', [], /JSON object/],
    ['of 100,000 levels', JSON.parse(nested(100_000)), Array<string>(200).fill('a'), /nest deeper/],
  ])('%s', (_, payload, path, message) => {
    const problem = refusal({ payload });
    expect(problem).toMatchObject({ code: 'INVALID_PAYLOAD', field: ['0', 'payload', ...path] });
    expect(problem.message).toMatch(message);
  });

  it('of more than 1 MiB', () => {
    const payload = { a: 'x'.repeat(MAX_PAYLOAD_BYTES) };
    expect(refusal({ payload })).toMatchObject({ code: 'TOO_LONG', field: ['0', 'payload'] });
  });
});

it('a path of names of any length stays short', () => {
  const name = 'x'.repeat(1_000_000);
  expect(JSON.stringify(refusal({ payloadText: `{"${name}":1e999}` })).length).toBeLessThan(500);
  expect(JSON.stringify(refusal({ payloadText: `{"${name}":1,"${name}":1}` })).length).toBeLessThan(500);
});

it('the slow reader finds a fault in a text exactly when JSON.parse does', () => {
  const damaged = fc
    .tuple(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', '}', ',', ':', '0', '-', 'e', '.', '\n', 'é'),
    )
    .map(([text, at, piece]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + piece + text.slice(place + (at % 2));
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged), (text) => {
      const fault = findTextFault(text);
      // The slow reader also knows of names given twice and of long numbers.
      if (fault?.message.match(/twice|digits/)) return;
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      expect([text, fault === undefined]).toEqual([text, parsed]);
    }),
    { numRuns: 2000 },
  );
});

describe('what is accepted', () => {
  let database: TestDatabase;
  let sql: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });

  async function isJsonb(text: string): Promise<boolean> {
    try {
      await sql.query('select $1::jsonb', [text]);
      return true;
    } catch {
      return false;
    }
  }

  it('jsonb accepts too, whatever the numbers and strings', async () => {
    const digits = fc
      .tuple(fc.constantFrom('0', '1', '9'), fc.constantFrom(0, 1, 99, 101, 310, 16_300, 16_384, 140_000))
      .map(([digit, count]) => digit.repeat(count));
    const exponent = fc.constantFrom('', 'e0', 'E+20', 'e-5', 'e308', 'e-324', 'e999', 'e-9999', 'e-16383', 'e-16384', 'e16384', 'e99999', 'e-2147483648', 'e0000000001'); // prettier-ignore
    const number = fc
      .tuple(fc.boolean(), fc.constantFrom('0', '1', '123456789'), digits, fc.boolean(), digits, exponent)
      .map(([minus, first, more, point, fraction, power]) => {
        const whole = first === '0' ? first : first + more;
        return `${minus ? '-' : ''}${whole}${point ? `.${fraction || '0'}` : ''}${power}`;
      });
    const string = fc
      .array(
        fc.constantFrom('a', '\\u0000', '\\u0001', '\\ud83c', '\\udf89', '🎉', '\ud83c', '\\\\', '\\"', ':'),
        { maxLength: 4 },
      )
      .map((parts) => `"${parts.join('')}"`);
    const text = fc.tuple(string, fc.oneof(number, string)).map(([name, value]) => `{${name}:[${value}]}`);
    let accepted = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(text, async (payloadText) => {
        if (!readPayload({ payloadText }, []).ok) {
          refused += 1;
          return;
        }
        accepted += 1;
        expect([payloadText.slice(0, 200), await isJsonb(payloadText)]).toEqual([
          payloadText.slice(0, 200),
          true,
        ]);
      }),
      { numRuns: 1500 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(100);
  });

  it.each([
    '{"a":"\\u0000"}',
    '{"a":"\\ud83c"}',
    '{"\\udf89":1}',
    '{"a":1e-20000}',
    `{"a":0.${'0'.repeat(17_000)}1}`,
  ])('is not %s, which jsonb refuses', async (text) => {
    expect(await isJsonb(text)).toBe(false);
    expect(readPayload({ payloadText: text }, []).ok).toBe(false);
  });
});
