import { readFileSync } from 'node:fs';
import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import { createParseWebhook } from '../../src/webhook/webhook.ts';
import { ask, withApp } from '../support/app.ts';
import { webhookBody } from '../support/post.ts';

// `npm run fuzz` runs many more, with other seeds.
const RUNS = Number(process.env.FUZZ_RUNS ?? 200);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
/** Of one input, in ms: far more than any takes, far less than what would hold up the others. */
const LONGEST_MS = 2_000;

jest.setTimeout(60_000 + RUNS * 100);

/** What may stand where something else is expected. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    '0001-01-01T00:00:00Z',
    '{{ . }}',
    '\u0000',
    '\ud800',
    [],
    {},
  ),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((text) => text.repeat(500)),
  fc.jsonValue({ maxDepth: 4 }),
  fc
    .integer({ min: 1, max: 300 })
    .map((depth) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown),
  fc
    .constantFrom('__proto__', 'constructor', 'toString')
    .map((name) => JSON.parse(`{"${name}":{"polluted":1}}`) as unknown),
);

interface Change {
  /** Which of the places, from 0 to 1. */
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'rename' | 'double';
  readonly by: unknown;
}

/** Data with some of its places changed, taken out, doubled, or given another name as well. */
function changed(data: unknown): fc.Arbitrary<unknown> {
  const change: fc.Arbitrary<Change> = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    how: fc.constantFrom('replace', 'remove', 'rename', 'double'),
    by: anything,
  });
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const copy = structuredClone(data);
    for (const one of changes) apply(one, copy);
    return copy;
  });
}

function apply({ at, how, by }: Change, data: unknown): void {
  const places = placesOf(data);
  const place = places[Math.floor(at * (places.length - 1))];
  if (place === undefined) return;
  const { parent, name } = place;
  const value: unknown = Reflect.get(parent, name);
  const put = (key: string, what: unknown) =>
    Object.defineProperty(parent, key, { value: what, enumerable: true, writable: true, configurable: true });
  if (how === 'remove') Reflect.deleteProperty(parent, name);
  else if (how === 'double' && Array.isArray(parent)) parent.push(value);
  else if (how === 'rename' && !Array.isArray(parent)) put(JSON.stringify(by).slice(0, 50), value);
  else put(name, by);
}

function placesOf(data: unknown): readonly { readonly parent: object; readonly name: string }[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([name, value]) => [{ parent: data, name }, ...placesOf(value)]);
}

/** Text with some of its bytes changed, taken out or doubled. */
function damaged(text: string): fc.Arbitrary<Buffer> {
  const bytes = Buffer.from(text);
  const damage = fc.record({
    at: fc.nat(bytes.length),
    length: fc.nat(40),
    by: fc.uint8Array({ maxLength: 40 }),
  });
  return fc
    .array(damage, { minLength: 1, maxLength: 3 })
    .map((all) =>
      all.reduce(
        (rest, { at, length, by }) => Buffer.concat([rest.subarray(0, at), by, rest.subarray(at + length)]),
        bytes,
      ),
    );
}

function timed<T>(work: () => T): T {
  const began = performance.now();
  const result = work();
  expect(performance.now() - began).toBeLessThan(LONGEST_MS);
  return result;
}

const WEBHOOK = webhookBody(
  [
    { labels: { team: 'db', instance: 'a' }, annotations: { summary: 's', runbook_url: 'http://a/b' } },
    { status: 'resolved', labels: { team: 'web' }, fingerprint: '0123456789abcdef' },
  ],
  { routeLabels: { a: 'b' }, notification_reason: 'new alerts added' },
);
const read = createParseWebhook();

function expectWebhookAnswer(body: Buffer): void {
  const result = timed(() => read(body, 1_000));
  if ('message' in result) expect([400, 413]).toContain(result.status);
  else for (const { fingerprint } of result.alerts) expect(fingerprint).toMatch(/^[0-9a-f]{16}$/);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

test('any body is a webhook or is refused', () => {
  const data = changed(JSON.parse(WEBHOOK)).map((value) => Buffer.from(JSON.stringify(value)));
  fc.assert(fc.property(fc.oneof(data, damaged(WEBHOOK)), expectWebhookAnswer), {
    numRuns: RUNS,
    seed: SEED,
  });
});

const EXAMPLE = readFileSync('config.example.yaml', 'utf8');
/** Small enough to be checked hundreds of times, with a part of everything. */
const CONFIG = `
global: { pagerduty_url: 'http://127.0.0.1:9/v2/enqueue', opsgenie_api_key: k, http_config: { proxy_url: 'http://127.0.0.1:9' } }
relay: { delivery_timeout: 8s, alertmanager_url: 'http://127.0.0.1:9' }
dedup: { ttl: 1h, max_entries: 10 }
route:
  receiver: a
  group_by: [cluster]
  routes:
    - { matchers: ['team=~"a.*"'], receiver: b, continue: true, dedup: { window: 5m, resend_on: [severity] } }
    - { match_re: { team: 'x|y' }, receiver: a, mute_time_intervals: [night], on_muted: resolve }
time_intervals:
  - { name: night, time_intervals: [{ times: [{ start_time: '22:00', end_time: '24:00' }], weekdays: ['monday:friday'] }] }
receivers:
  - name: a
    fallback: b
    pagerduty_configs:
      - { routing_key: k, description: '{{ .CommonLabels.a }}', severity_map: { page: critical }, details: { a: '{{ range .Alerts }}{{ .Status }}{{ end }}' } }
  - name: b
    opsgenie_configs: [{ message: m, priority: P1, responders: [{ type: team, name: t }] }]
`;

function expectConfigAnswer(text: string): void {
  const { config, problems } = timed(() => load(text, 'any.yaml', { env: {}, now: () => 0 }));
  expect(config !== undefined || problems.length > 0).toBe(true);
  for (const problem of problems) expect(printProblem(problem)).toMatch(/^any\.yaml:\d+:\d+: /);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

test('any config is used or has its faults told', () => {
  const data = changed(parse(CONFIG)).map((value) => stringify(value));
  const text = fc.oneof(damaged(CONFIG), damaged(EXAMPLE)).map(String);
  const runs = Math.ceil(RUNS / 4);
  fc.assert(fc.property(fc.oneof(data, text), expectConfigAnswer), { numRuns: runs, seed: SEED });
});

test('the daemon answers whatever is posted, and is well', async () => {
  const bodies = fc.sample(
    fc.oneof(
      changed(JSON.parse(WEBHOOK)).map((value) => Buffer.from(JSON.stringify(value))),
      damaged(WEBHOOK),
      fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    ),
    { numRuns: Math.ceil(RUNS / 2), seed: SEED },
  );
  await withApp({}, async ({ ports: [port] }) => {
    for (const body of bodies) {
      const { status } = await ask(port, '/webhook', { method: 'POST', body });
      expect([200, 400, 413]).toContain(status);
    }
    expect((await ask(port, '/-/ready')).status).toBe(200);
  });
});

/** Regular expressions of ours meet text of strangers: what makes a backtracking one take for ever takes no time. */
test.each([
  [
    'annotations',
    (text: string) => ({ annotations: { runbook_url: text, summary: text, description: text } }),
  ],
  ['labels', (text: string) => ({ labels: { severity: text, team: text, [text.slice(0, 40)]: text } })],
  ['times', (text: string) => ({ startsAt: text, endsAt: text })],
  ['a fingerprint', (text: string) => ({ fingerprint: text })],
])('text that is made to be slow to read, in %s', async (_where, alert) => {
  const length = 20_000;
  const texts = ['a', ' ', '\n', '0', 'http://', '://', '{{', '\\', '"', '=', ',', '-', '.', 'é', '%']
    .map((part) => `http://${part.repeat(length / part.length)}!`)
    .concat(`${'0'.repeat(length)}x`, `${'1-'.repeat(length / 2)}T`);
  const config = `
route: { receiver: a, group_by: ['...'], routes: [{ matchers: ['team=~"(a+)+$"'], receiver: a }] }
receivers: [{ name: a, pagerduty_configs: [{ routing_key: k, url: 'http://127.0.0.1:9/' }] }]
relay: { delivery_timeout: 100ms, drain_timeout: 0s }
`;
  await withApp({ config }, async ({ ports: [port] }) => {
    for (const text of texts) {
      const began = performance.now();
      const { status } = await ask(port, '/webhook', { method: 'POST', body: webhookBody([alert(text)]) });
      expect(performance.now() - began).toBeLessThan(LONGEST_MS);
      expect([400, 503]).toContain(status);
    }
  });
});
