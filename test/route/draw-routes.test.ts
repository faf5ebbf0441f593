import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawRoutes } from '../../src/route/draw-routes.ts';
import { parseMatchers } from '../../src/route/matcher.ts';
import { routeTree, type WrittenRoute } from '../support/routes.ts';
import { anyText } from '../support/texts.ts';

const draw = (root: WrittenRoute) => drawRoutes(routeTree(root)).split('\n');

const ROOT_RULES =
  'group_by: []  dedup: {window: 1h, resend_on: [severity, summary, alerts], repeats: forward}';

describe('a route tree, drawn', () => {
  test('has a branch per route, each with its receiver', () => {
    const leaf = { receiver: 'leaf' };
    const root = {
      receiver: 'root',
      routes: [
        { receiver: 'a', match: { team: 'a' }, routes: [leaf, { ...leaf, continue: true, routes: [leaf] }] },
        { receiver: 'b', matchers: ['team!~"a|b"'], routes: [leaf] },
      ],
    };
    expect(draw(root)).toEqual([
      '.',
      `└── default-route  receiver: root  ${ROOT_RULES}`,
      '    ├── {team="a"}  receiver: a',
      '    │   ├── default-route  receiver: leaf',
      '    │   └── default-route  continue: true  receiver: leaf',
      '    │       └── default-route  receiver: leaf',
      '    └── {team!~"a|b"}  receiver: b',
      '        └── default-route  receiver: leaf',
      '',
    ]);
  });

  test('has the receiver that a route inherits', () => {
    expect(draw({ receiver: 'root', routes: [{ match: { a: '1' } }] })[2]).toBe(
      '    └── {a="1"}  receiver: root',
    );
  });

  test("has matchers of all three kinds in Alertmanager's order", () => {
    const matchers = ['b="2"', 'b!~"1"', 'b=~"1",b!="1"', 'b="1"'];
    const route = { matchers, match: { a: 'z' }, match_re: { c: '.*' } };
    expect(draw({ receiver: 'root', routes: [route] })[2]).toBe(
      '    └── {a="z",b="1",b!="1",b=~"1",b!~"1",b="2",c=~".*"}  receiver: root',
    );
  });

  test.each<[WrittenRoute, string]>([
    [{ group_by: [] }, ''],
    [{ group_by: ['...'] }, "  group_by: ['...']"],
    [{ group_by: ['job', 'two words'] }, '  group_by: [job, "two words"]'],
    [{ dedup: { window: '1h', repeats: 'forward' } }, ''],
    [{ dedup: { window: '90s' } }, '  dedup: {window: 1m30s}'],
    [{ dedup: { window: '0s', repeats: 'drop' } }, '  dedup: {window: 0s, repeats: drop}'],
    [{ dedup: { resend_on: ['labels'] } }, '  dedup: {resend_on: [labels]}'],
    [{ on_muted: 'keep' }, ''],
    [{ on_muted: 'resolve' }, '  on_muted: resolve'],
    [
      { group_by: ['job'], dedup: { repeats: 'drop' }, continue: true },
      '  group_by: [job]  dedup: {repeats: drop}',
    ],
  ])('has of %j what it changes', (route, expected) => {
    const [, , child = '', grandchild = ''] = draw({
      receiver: 'root',
      routes: [{ ...route, routes: [{}] }],
    });
    expect(child).toBe(
      `    └── default-route${route.continue === true ? '  continue: true' : ''}  receiver: root${expected}`,
    );
    // What is inherited is not said again.
    expect(grandchild).toBe('        └── default-route  receiver: root');
  });

  test('has the names of time intervals', () => {
    const root = routeTree({ receiver: 'root', routes: [{}] });
    const always = (name: string) => ({ name, contains: () => true });
    const [child = root] = root.routes;
    const timed = {
      ...child,
      muteTimes: [always('nights'), always('weekends')],
      activeTimes: [always('office')],
    };
    expect(drawRoutes({ ...root, routes: [timed] })).toContain(
      '  receiver: root  mute_time_intervals: [nights, weekends]  active_time_intervals: [office]\n',
    );
  });

  test('has matchers that read as what they are, whatever the texts', () => {
    const operator = fc.constantFrom('=', '!=');
    const written = fc.record({ name: anyText(1), operator, value: anyText() });
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 4 }), (texts) => {
        const matchers = texts.map((text) => ({ ...text, operator: text.operator, matches: () => true }));
        const root = routeTree({ receiver: 'root', routes: [{}] });
        const [child = root] = root.routes;
        const drawn = drawRoutes({ ...root, routes: [{ ...child, matchers }] });
        const shown = drawn.slice(drawn.lastIndexOf('── {') + 3, drawn.lastIndexOf('  receiver: root'));
        const parsed = parseMatchers(shown);
        if (parsed instanceof Error) throw parsed;
        const read = parsed.matchers.map(({ name, operator, value }) => ({ name, operator, value }));
        expect(read).toHaveLength(texts.length);
        expect(read).toEqual(expect.arrayContaining(texts));
      }),
    );
  });
});
