import { compileModel } from '../../src/catalog/model.ts';
import { readPayload } from '../../src/catalog/payload.ts';
import { isCatalogName } from '../../src/catalog/resource-input.ts';
import { figure } from '../support/figure.ts';
import { octokitFamilies, wrongPayload } from '../support/octokit.ts';

const families = octokitFamilies();

function modelOf(sdl: string) {
  const result = compileModel(sdl);
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'));
  return result.value;
}

describe("GitHub's webhook payloads", () => {
  it('are all there: 329 of 58 resources, whose names and events the catalog can hold', () => {
    expect(families).toHaveLength(58);
    expect(families.flatMap(({ payloads }) => payloads)).toHaveLength(329);
    const names = families.flatMap(({ resource, events }) => [resource, ...events]);
    expect(names.filter((name) => !isCatalogName(name))).toEqual([]);
  });

  it.each(families.map((family) => [family.resource, family] as const))(
    'of %s fit the model inferred from them, and one wrong value is refused at its path',
    (_, family) => {
      const model = modelOf(family.model);
      for (const { payload, text } of family.payloads) {
        for (const input of [{ payload }, { payloadText: text }]) {
          const read = readPayload(input, []);
          expect(read.ok && read.value.text === text && JSON.stringify(read.value.value) === text).toBe(true);
        }
        expect(model.check(payload)).toEqual([]);
      }
      expect(model.check(model.example())).toEqual([]);
      const wrong = wrongPayload(family);
      expect(wrong.path.length).toBeGreaterThan(1);
      expect(model.check(wrong.payload)).toEqual([
        { path: wrong.path, message: expect.stringMatching(/^Must be .*, is a list\.$/) as string },
      ]);
    },
  );

  it('are checked in microseconds', () => {
    const family = families.find(({ resource }) => resource === 'issues')!;
    const model = modelOf(family.model);
    const { payload, text } = family.payloads[0]!;
    const microseconds = (work: () => unknown): number => {
      const runs = 2000;
      for (let run = 0; run < runs; run += 1) work();
      const start = performance.now();
      for (let run = 0; run < runs; run += 1) work();
      return Math.round(((performance.now() - start) * 10_000) / runs) / 10;
    };
    const check = microseconds(() => model.check(payload));
    figure('catalog check', {
      bytes: text.length,
      check_us: check,
      parse_us: microseconds(() => JSON.parse(text)),
      read_text_us: microseconds(() => readPayload({ payloadText: text }, [])),
      read_value_us: microseconds(() => readPayload({ payload }, [])),
      compile_us: microseconds(() => compileModel('type A { a: Int }')),
    });
    expect(check).toBeLessThan(1000);
  });
});
