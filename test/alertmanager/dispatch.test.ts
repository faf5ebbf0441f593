import { describe, expect, test } from '@jest/globals';
import { compileDispatch, type Dispatch } from '../../src/alertmanager/dispatch.ts';
import { createReadDispatchFile } from '../../src/alertmanager/dispatch-file.ts';
import type { PostsTo } from '../../src/config/compile-alertmanager.ts';

function dispatchOf(config: string, version = '0.28.0', posting?: ReadonlyMap<string, PostsTo>): Dispatch {
  const file = createReadDispatchFile()(config);
  const dispatch = file instanceof Error ? file : compileDispatch(file, version, posting);
  if (dispatch instanceof Error) throw dispatch;
  return dispatch;
}

/** Group keys of an alert. */
function keys(dispatch: Dispatch, labels: Readonly<Record<string, string>>): readonly string[] {
  return dispatch.routesOf(labels).map((route) => dispatch.groupOf(route, labels).key);
}

const RECEIVERS = 'receivers: [ { name: a } ]';

describe("Alertmanager's group keys", () => {
  // Alertmanager's own (dispatch/route_test.go).
  const dispatch = dispatchOf(`
route:
  receiver: notify-def
  group_by: [role]
  routes:
  - match: { owner: team-A }
    receiver: notify-A
    routes:
    - match: { env: testing }
      receiver: notify-testing
      group_by: ['...']
    - match: { env: production }
      receiver: notify-productionA
      continue: 'true'
    - match_re: { env: 'produ.*', job: '.*' }
      receiver: notify-productionB
      group_by: [job]
  - match_re: { owner: 'team-(B|C)' }
    receiver: notify-BC
  - match: { group_by: role }
    group_by: []
${RECEIVERS}`);

  test('name the matchers on the way and the labels that are grouped by', () => {
    const production = { owner: 'team-A', env: 'production', job: 'x', role: 'y' };
    expect(keys(dispatch, production)).toEqual([
      '{}/{owner="team-A"}/{env="production"}:{role="y"}',
      '{}/{owner="team-A"}/{env=~"^(?:produ.*)$",job=~"^(?:.*)$"}:{job="x"}',
    ]);
    expect(keys(dispatch, { owner: 'team-A', env: 'testing' })).toEqual([
      '{}/{owner="team-A"}/{env="testing"}:{env="testing", owner="team-A"}',
    ]);
    expect(keys(dispatch, { owner: 'team-B' })).toEqual(['{}/{owner=~"^(?:team-(B|C))$"}:{}']);
    expect(keys(dispatch, { group_by: 'role', role: 'z' })).toEqual(['{}/{group_by="role"}:{}']);
    expect(keys(dispatch, {})).toEqual(['{}:{}']);
  });

  test('have labels in the order of their names, before 0.28 in that of the printed pairs', () => {
    const config = `{ route: { receiver: a, group_by: [a, a1, a_b] }, ${RECEIVERS} }`;
    const labels = { a_b: '3', a1: '2', a: '1' };
    for (const version of ['0.28.0', '0.34.1', '1.0.0', '']) {
      expect(keys(dispatchOf(config, version), labels)).toEqual(['{}:{a="1", a1="2", a_b="3"}']);
    }
    for (const version of ['0.8.0', '0.25.0', '0.27.0-rc.0']) {
      expect(keys(dispatchOf(config, version), labels)).toEqual(['{}:{a1="2", a="1", a_b="3"}']);
    }
  });

  test('have matchers in the order of names, values and operators; a name that must be is quoted', () => {
    const matchers = [`b!~"x"`, `b=~"x"`, `b="x"`, `b!="x"`, `b="a"`, `"a b"="é\\n"`];
    const route = `{ receiver: a, routes: [ { matchers: ${JSON.stringify(matchers)} }, { matchers: ['"a b"="1"'] } ] }`;
    const spaced = dispatchOf(`{ route: ${route}, ${RECEIVERS} }`);
    expect(keys(spaced, { 'a b': '1' })).toEqual(['{}/{"a b"="1"}:{}']);
    const open = `{ receiver: a, routes: [ { matchers: ['c!~"x"', 'c!="x"', 'b=~".*"', 'b!="z\\"\\n"'] } ] }`;
    expect(keys(dispatchOf(`{ route: ${open}, ${RECEIVERS} }`), {})).toEqual([
      '{}/{b=~".*",b!="z\\"\\n",c!="x",c!~"x"}:{}',
    ]);
  });
});

describe('where an Alertmanager receiver posts', () => {
  const direct = (webhooks: string) =>
    dispatchOf(
      `{ route: { receiver: a }, receivers: [ { name: a, webhook_configs: [ ${webhooks} ] }, { name: b } ] }`,
    ).direct('a');

  test.each([
    ['{ url: http://relay:9096/webhook }', [undefined]],
    ['{ url: "http://relay/webhook/?x" }', [undefined]],
    ['{ url: http://relay/webhook/b%20c }', ['b c']],
    [
      '{ url: http://relay/webhook/b }, { url: http://relay/webhook }, { url: http://r2/webhook/b }',
      ['b', undefined],
    ],
    ['{ url: <secret> }', [undefined]],
    ['{ url_file: /etc/url }', [undefined]],
    ['{ url: http://relay/webhooks }, { url: http://chat/hook }', []],
    ['', []],
  ])('%s', (webhooks, expected) => {
    expect(direct(webhooks)).toEqual(expected);
  });

  test('is what the config says of it, where it says so', () => {
    const hook = 'webhook_configs: [ { url: <secret> } ]';
    const file = `{ route: { receiver: a }, receivers: [ { name: a, ${hook} }, { name: chat, ${hook} }, { name: mail } ] }`;
    const guessed = dispatchOf(file);
    expect(['a', 'chat', 'mail'].map(guessed.direct)).toEqual([[undefined], [undefined], []]);
    expect(guessed.hidden).toEqual(['a', 'chat']);
    const told = dispatchOf(file, '0.28.0', new Map([['a', ['b', 'c']]]));
    expect(['a', 'chat', 'mail'].map(told.direct)).toEqual([['b', 'c'], [], []]);
    expect(told.hidden).toEqual([]);
  });

  test('a receiver that is not there posts nothing', () => {
    expect(dispatchOf(`{ route: { receiver: a }, ${RECEIVERS} }`).direct('c')).toEqual([]);
  });
});

describe('what of its config is read', () => {
  test('only where alerts go: fields of later versions may be anything', () => {
    const config = `
new: { thing: 1 }
route: { receiver: a, labels: { x: y }, group_interval: [], routes: [ { new: 1 } ] }
receivers: [ { name: a, new_configs: 1, webhook_configs: [ { url: <secret>, payload: {} } ] } ]
`;
    expect(keys(dispatchOf(config), {})).toEqual(['{}/{}:{}']);
  });

  test.each([
    ['[', 'Flow sequence must end with a ]'],
    ['', 'must be a map'],
    ['route: { receiver: a }', 'receivers is missing'],
    ['{ route: { match_re: { a: "(" } }, receivers: [] }', 'route.match_re.a: '],
    [
      '{ route: { mute_time_intervals: [t] }, receivers: [] }',
      'route.mute_time_intervals[0]: no time interval t',
    ],
    [
      '{ route: {}, receivers: [], time_intervals: [ { name: t, time_intervals: [ { weekdays: [noday] } ] } ] }',
      'time_intervals[0].time_intervals[0].weekdays[0]: ',
    ],
  ])('%s is not understood', (config, message) => {
    expect(() => dispatchOf(config)).toThrow(message);
  });
});
