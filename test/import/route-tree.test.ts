import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Fault } from '../../src/config/problem.ts';
import type { AlertmanagerRoute } from '../../src/import/alertmanager-schema.ts';
import { toRouteTree } from '../../src/import/route-tree.ts';
import { parseMatchers } from '../../src/route/matcher.ts';

function converted(route: AlertmanagerRoute): { matchers: readonly string[]; faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const { matchers = [] } = toRouteTree(route, ['route'], faults);
  return { matchers, faults };
}

function meaning(text: string | undefined): unknown {
  const parsed = parseMatchers(text ?? '');
  if (parsed instanceof Error) return parsed;
  return parsed.matchers.map(({ name, operator, value }) => ({ name, operator, value }));
}

describe('match and match_re as matchers', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '\t', '\r', ',', '{', '}', '=', '~', '!', ' ', "'", 'n', 'é'),
    }),
  );

  test('say the same, whatever the value', () => {
    const name = fc.constantFrom('team', '_a1', 'a:b', 'foo bar', 'équipe', '__proto__', 'a"b', 'a\\b');
    fc.assert(
      fc.property(name, text, (label, value) => {
        const { matchers, faults } = converted({ match: Object.fromEntries([[label, value]]) });
        expect(faults).toEqual([]);
        expect(meaning(matchers[0])).toEqual([{ name: label, operator: '=', value }]);
      }),
      { numRuns: 500 },
    );
  });

  test('say the same, whatever the expression', () => {
    fc.assert(
      fc.property(text, (value) => {
        const { matchers, faults } = converted({ match_re: { a: value } });
        if (faults.length === 0) expect(meaning(matchers[0])).toEqual([{ name: 'a', operator: '=~', value }]);
        else expect(faults.map(({ path }) => path)).toEqual([['route', 'match_re', 'a']]);
      }),
      { numRuns: 500 },
    );
  });

  test('come after the matchers, which stay as they are written', () => {
    const route = { matchers: ['{a=b, c!="d"}', 'e =~ "f|g"'], match: { h: 'i' }, match_re: { j: 'k.*' } };
    expect(converted(route)).toEqual({
      matchers: ['{a=b, c!="d"}', 'e =~ "f|g"', 'h="i"', 'j=~"k.*"'],
      faults: [],
    });
  });
});
