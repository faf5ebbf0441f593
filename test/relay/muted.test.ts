import { describe, expect, test } from '@jest/globals';
import { calls } from '../support/fallback.ts';
import { MINUTE } from '../support/looks.ts';
import type { PostedAlert } from '../support/post.ts';
import {
  ACCEPTED,
  configOf,
  REJECTED,
  type RelayUnderTest,
  relayUnderTest,
  type SentEvent,
  UNAVAILABLE,
} from '../support/relay.ts';

const HOUR = 3_600_000;

/** Muted from 08:00 to 09:00, the hour in which the relay under test begins. */
const INTERVALS = `
time_intervals:
  - { name: breakfast, time_intervals: [{ times: [{ start_time: '08:00', end_time: '09:00' }] }] }
  - { name: afternoon, time_intervals: [{ times: [{ start_time: '12:00', end_time: '18:00' }] }] }
`;
const RECEIVERS = `
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd', description: '{{ range .Alerts.Firing }}{{ .Labels.alertname }} {{ end }}' }]
  - name: other
    pagerduty_configs: [{ routing_key: other, url: 'http://vendor.example/pd' }]
`;
const ROUTED = (routes: string, groupBy = "['...']") => `
route:
  receiver: other
  group_by: ${groupBy}
  routes:${routes}
${INTERVALS}${RECEIVERS}`;
const MUTED = ROUTED('\n    - { receiver: pd, mute_time_intervals: [breakfast] }');
const BY_SERVICE = ROUTED('\n    - { receiver: pd, mute_time_intervals: [breakfast] }', '[service]');

const alert = (
  letter: string,
  status: PostedAlert['status'] = 'firing',
  severity = 'critical',
): PostedAlert => ({
  status,
  labels: { alertname: letter.toUpperCase(), severity, service: 'shop' },
  fingerprint: letter.repeat(16),
});

const outline = ({ body }: SentEvent) =>
  `${body.event_action} ${(body.payload as { readonly summary: string }).summary.trim()}`;
const reasons = (results: readonly { readonly outcome: string; readonly reason: string }[]) =>
  results.map(({ outcome, reason }) => `${outcome} ${reason}`);

describe('a trigger in muted time', () => {
  test('is suppressed with the reason, and delivered once when the mute is over', async () => {
    const t = relayUnderTest(MUTED);
    expect(reasons(await t.tell([alert('a')]))).toEqual(['suppressed mute_time_interval']);
    t.now += HOUR - 60_000;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
    expect(await t.scrape()).toContain('pagerelay_notifications_held 1');
    t.now += 60_000;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
    const metrics = await t.scrape();
    expect(metrics).toContain('pagerelay_notifications_held 0');
    expect(metrics).toContain(
      'pagerelay_notifications_suppressed_total{receiver="pd",reason="mute_time_interval"} 1',
    );
    expect(t.logs.map(({ msg, reason }) => `${msg}: ${reason}`)).toEqual([
      'notification suppressed: mute_time_interval',
      'notification accepted: first',
    ]);
  });

  test('is delivered after a reload that does away with the mute', async () => {
    const t = relayUnderTest(MUTED);
    await t.tell([alert('a')]);
    t.relay.use(configOf(MUTED));
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
    t.relay.use(configOf(ROUTED('\n    - { receiver: pd }')));
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
  });

  test('outside of active times is held in the same way', async () => {
    const t = relayUnderTest(ROUTED('\n    - { receiver: pd, active_time_intervals: [afternoon] }'));
    expect(reasons(await t.tell([alert('a')]))).toEqual(['suppressed active_time_interval']);
    t.now += 3 * HOUR;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
  });

  test('that resolves meanwhile is not delivered; its resolve passes', async () => {
    const t = relayUnderTest(MUTED);
    await t.tell([alert('a')]);
    expect(reasons(await t.tell([alert('a', 'resolved')]))).toEqual(['accepted resolved']);
    expect(t.sent().map(({ body }) => body.event_action)).toEqual(['resolve']);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });

  test('of an incident that is open: its resolve passes, too', async () => {
    const t = relayUnderTest(MUTED);
    t.now -= HOUR;
    await t.tell([alert('a')]);
    t.now += HOUR;
    expect(reasons(await t.tell([alert('a', 'resolved')]))).toEqual(['accepted resolved']);
  });

  test('that cannot be delivered stays held for the next time', async () => {
    let isDown = true;
    const t = relayUnderTest(MUTED, () => (isDown ? UNAVAILABLE : { status: 202, headers: {}, body: '' }));
    await t.tell([alert('a')]);
    t.now += HOUR;
    await t.relay.tend();
    expect(await t.scrape()).toContain('pagerelay_notifications_held 1');
    isDown = false;
    t.now += 61_000;
    t.sent();
    await t.relay.tend();
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
  });

  test('that is rejected is not held any longer', async () => {
    const t = relayUnderTest(MUTED, () => REJECTED);
    await t.tell([alert('a')]);
    t.now += HOUR;
    await t.relay.tend();
    expect(await t.scrape()).toContain('pagerelay_notifications_held 0');
    expect(t.logs).toContainEqual(expect.objectContaining({ level: 'error', msg: 'notification rejected' }));
  });

  test('gives way to a later one: the last state is delivered', async () => {
    const t = relayUnderTest(ROUTED('\n    - { receiver: pd, mute_time_intervals: [breakfast] }', '[]'));
    await t.tell([alert('a')]);
    await t.tell([alert('a'), alert('b')]);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A B']);
  });

  test('is dropped when the vendor has its state already', async () => {
    const t = relayUnderTest(ROUTED('\n    - { receiver: pd, mute_time_intervals: [breakfast] }', '[]'));
    const twin = { ...alert('a'), fingerprint: 'b'.repeat(16) };
    t.now -= 60_000;
    await t.tell([alert('a')]);
    t.now += 60_000;
    t.sent();
    expect(reasons(await t.tell([alert('a'), twin]))).toEqual(['suppressed mute_time_interval']);
    const ended = { ...twin, status: 'resolved' as const };
    expect(reasons(await t.tell([alert('a'), ended]))).toEqual(['suppressed duplicate']);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });

  test('is delivered by the next webhook, if that comes first, and then not again', async () => {
    const t = relayUnderTest(MUTED);
    await t.tell([alert('a')]);
    t.now += HOUR;
    expect(reasons(await t.tell([alert('a')]))).toEqual(['accepted first']);
    await t.relay.tend();
    expect(t.sent()).toHaveLength(1);
  });

  test('of an incident that fires already is held with what changed', async () => {
    const t = relayUnderTest(MUTED);
    t.now -= 60_000;
    await t.tell([alert('a', 'firing', 'warning')]);
    t.now += 60_000;
    expect(reasons(await t.tell([alert('a', 'firing', 'warning')]))).toEqual(['suppressed duplicate']);
    expect(reasons(await t.tell([alert('a')]))).toEqual(['suppressed mute_time_interval']);
    t.now += HOUR;
    t.sent();
    await t.relay.tend();
    expect(t.sent().map(({ body }) => (body.payload as { severity: string }).severity)).toEqual(['critical']);
  });
});

describe('a trigger in muted time, and the end of what fired before', () => {
  const at = (time: string) => `2027-01-15T${time}:00Z`;
  const before = { ...alert('a', 'resolved'), startsAt: at('07:50'), endsAt: at('08:05') };
  const again = (endsAt?: string): PostedAlert => ({
    ...alert('a', endsAt === undefined ? 'firing' : 'resolved'),
    startsAt: at('08:10'),
    ...(endsAt === undefined ? {} : { endsAt }),
  });

  /** It fires since before the mute, and again in it. */
  async function firesAgain(groupBy?: string) {
    const t = relayUnderTest(ROUTED('\n    - { receiver: pd, mute_time_intervals: [breakfast] }', groupBy));
    t.now -= MINUTE;
    await t.tell([{ ...before, status: 'firing' }]);
    t.now += 16 * MINUTE;
    t.sent();
    return t;
  }
  const afterTheMute = async (t: RelayUnderTest) => {
    t.now += HOUR;
    await t.relay.tend();
    return t.sent().map(outline);
  };

  test('as a lagging peer tells of it: it is delivered', async () => {
    const t = await firesAgain();
    await t.tell([again()]);
    await t.tell([before]);
    expect(t.relay.heldAlerts()).toBe(1);
    expect(await afterTheMute(t)).toContain('trigger A');
    expect(t.relay.heldAlerts()).toBe(0);
  });

  test('of another one of its group: it is delivered', async () => {
    const t = await firesAgain('[]');
    await t.tell([before]);
    await t.tell([{ ...again(), fingerprint: 'b'.repeat(16) }]);
    await t.tell([before]);
    expect(await afterTheMute(t)).toContain('trigger A');
  });

  test('as a replay tells of it: it is delivered', async () => {
    let answer = ACCEPTED;
    const t = relayUnderTest(MUTED, () => answer);
    t.now -= MINUTE;
    await t.tell([{ ...before, status: 'firing' }]);
    answer = REJECTED;
    t.now += 7 * MINUTE;
    await t.tell([before]);
    const { deadLetters } = t.records;
    const job = deadLetters.job(deadLetters.list(1)[0]?.id ?? '');
    answer = ACCEPTED;
    t.now += 9 * MINUTE;
    await t.tell([again()]);
    expect(job && (await t.relay.replay(job))).toEqual({ status: 'accepted' });
    t.sent();
    expect(await afterTheMute(t)).toEqual(['trigger A']);
  });

  test.each(['08:12', '08:10'])('and its own end, at %s: it is not', async (endsAt) => {
    const t = await firesAgain();
    await t.tell([again()]);
    await t.tell([before]);
    await t.tell([again(at(endsAt))]);
    t.sent();
    expect(await afterTheMute(t)).toEqual([]);
  });
});

describe('delivering what was held', () => {
  test('twice at once sends each once', async () => {
    const t = relayUnderTest(MUTED.replace('route:', 'route:\n  dedup: { window: 0s }'), async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return { status: 202, headers: {}, body: '' };
    });
    const letters = Array.from({ length: 200 }, (_, i) => ({
      fingerprint: i.toString(16).padStart(16, '0'),
    }));
    await t.tell(letters);
    t.now += HOUR;
    await Promise.all([t.relay.tend(), t.relay.tend()]);
    expect(t.sent()).toHaveLength(200);
    expect(await t.scrape()).toContain('pagerelay_notifications_held 0');
  });

  test('does not send what was resolved while it waited for a connection', async () => {
    let release = () => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const t = relayUnderTest(MUTED, async ({ body }) => {
      if (!body.includes('"resolve"')) await first;
      return { status: 202, headers: {}, body: '' };
    });
    const many = Array.from({ length: 65 }, (_, i) => ({ fingerprint: i.toString(16).padStart(16, '0') }));
    await t.tell(many, { notification_reason: 'repeat interval elapsed' });
    t.now += HOUR;
    const delivering = t.relay.tend();
    const last = { ...many[64], status: 'resolved' as const };
    expect(reasons(await t.tell([last]))).toEqual(['accepted resolved']);
    release();
    await delivering;
    const events = t.sent().map(({ body }) => `${body.event_action} ${body.dedup_key}`);
    expect(events.filter((event) => event.endsWith(last.fingerprint ?? ''))).toEqual([
      `resolve ${last.fingerprint}`,
    ]);
    expect(events).toHaveLength(65);
  });
});

describe('where several groups feed an incident', () => {
  const group = (name: string) => ({ groupKey: `{}:{g="${name}"}` });

  test('all of them are held, and delivered as one', async () => {
    const t = relayUnderTest(BY_SERVICE);
    await t.tell([alert('a')], group('1'));
    await t.tell([alert('b')], group('2'));
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A B']);
  });

  test('the end of one leaves what is held of the others', async () => {
    const t = relayUnderTest(BY_SERVICE);
    await t.tell([alert('a')], group('1'));
    await t.tell([alert('b')], group('2'));
    expect(reasons(await t.tell([alert('b', 'resolved')], group('2')))).toEqual(['suppressed still_firing']);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
    expect(reasons(await t.tell([alert('a', 'resolved')], group('1')))).toEqual(['accepted resolved']);
  });

  test('the end of all leaves nothing', async () => {
    const t = relayUnderTest(BY_SERVICE);
    await t.tell([alert('a')], group('1'));
    await t.tell([alert('b')], group('2'));
    await t.tell([alert('a', 'resolved')], group('1'));
    await t.tell([alert('b', 'resolved')], group('2'));
    t.sent();
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });

  test('the end of one without a start, which Alertmanager takes from the end that was posted, leaves nothing of it', async () => {
    const t = relayUnderTest(BY_SERVICE);
    const inMinutes = (minutes: number) => new Date(t.now + minutes * 60_000).toISOString();
    await t.tell([{ ...alert('a'), startsAt: inMinutes(5) }]);
    t.now += 60_000;
    await t.tell([{ ...alert('a', 'resolved'), startsAt: inMinutes(0), endsAt: inMinutes(0) }]);
    t.sent();
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });
});

describe('two routes to one receiver', () => {
  const TWO = (second: string) =>
    ROUTED(`
    - { receiver: pd, matchers: [service="shop"], mute_time_intervals: [breakfast], continue: true }
    - { receiver: pd, ${second} }`);

  test('one of them muted: not muted', async () => {
    const t = relayUnderTest(TWO('matchers: [severity="critical"]'));
    expect(reasons(await t.tell([alert('a')]))).toEqual(['accepted first']);
    expect(reasons(await t.tell([alert('b', 'firing', 'info')]))).toEqual(['suppressed mute_time_interval']);
  });

  test('both of them muted: until the first mute is over', async () => {
    const t = relayUnderTest(TWO('active_time_intervals: [afternoon]'));
    expect((await t.tell([alert('a')])).map(({ outcome }) => outcome)).toEqual(['suppressed']);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent()).toHaveLength(1);
  });

  test('to two receivers of one account, one muted: not muted', async () => {
    const config = ROUTED(`
    - { receiver: pd, mute_time_intervals: [breakfast], continue: true }
    - { receiver: other }`).replace('routing_key: other', 'routing_key: key');
    const t = relayUnderTest(config);
    expect(reasons(await t.tell([alert('a')]))).toEqual(['accepted first']);
  });
});

test('the mute of a route is not that of another receiver, nor of its child routes', async () => {
  const t = relayUnderTest(
    ROUTED(`
    - receiver: pd
      mute_time_intervals: [breakfast]
      routes: [{ receiver: other, matchers: [severity="info"] }]`),
  );
  expect(reasons(await t.tell([alert('a', 'firing', 'info')]))).toEqual(['accepted first']);
});

test('straight to a receiver, the mute of the route that leads there holds', async () => {
  const t = relayUnderTest(MUTED);
  expect(reasons(await t.tellDirectly('pd', [alert('a')]))).toEqual(['suppressed mute_time_interval']);
  expect(reasons(await t.tellDirectly('other', [alert('a')]))).toEqual(['accepted first']);
});

test('there is room for 20,000; beyond it the answer is 503, counted and logged once, and Alertmanager keeps it', async () => {
  const t = relayUnderTest(MUTED);
  const many = Array.from({ length: 20_000 }, (_, i) => ({ fingerprint: i.toString(16).padStart(16, '0') }));
  await t.tell(many);
  const [one] = many;
  const results = await t.tell([alert('a'), alert('b'), one ?? {}]);
  const refused = ['unavailable', 'too many alerts of muted routes are held'];
  expect(results.map(({ outcome, detail }) => [outcome, detail])).toEqual([
    refused,
    refused,
    ['suppressed', 'held until the mute ends'],
  ]);
  const metrics = await t.scrape();
  expect(metrics).toContain('pagerelay_notifications_held 20000');
  const place = 'receiver="pd",integration="pagerduty_configs[0]"';
  expect(metrics).toContain(`pagerelay_notifications_total{${place},action="trigger"} 2`);
  expect(metrics).toContain(`pagerelay_notifications_failed_total{${place},reason="atBound"} 2`);
  expect(t.logs.filter(({ level }) => level === 'warn')).toEqual([
    { level: 'warn', msg: 'too many alerts of muted routes are held', held: 20_000 },
  ]);
});

test('a reload keeps what is held', async () => {
  const t = relayUnderTest(MUTED);
  await t.tell([alert('a')]);
  t.relay.use(configOf(MUTED));
  t.now += HOUR;
  await t.relay.tend();
  expect(t.sent().map(outline)).toEqual(['trigger A']);
});

describe('an incident by labels that several routes lead to', () => {
  const MIXED = ROUTED(
    `
    - { receiver: pd, matchers: [severity="critical"], mute_time_intervals: [breakfast] }
    - { receiver: pd, matchers: [severity="error"], mute_time_intervals: [breakfast, afternoon] }
    - { receiver: pd }`,
    '[service]',
  );
  const group = (key: string, ...alerts: readonly PostedAlert[]) => [alerts, { groupKey: key }] as const;

  test('a held alert survives what is sent of another', async () => {
    const t = relayUnderTest(MIXED);
    await t.tell(...group('{}:{a="1"}', alert('a')));
    await t.tell(...group('{}:{b="1"}', alert('b', 'firing', 'info')));
    expect(t.sent().map(outline)).toEqual(['trigger B']);
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
  });

  test('a held alert survives the repetition of another', async () => {
    const t = relayUnderTest(MIXED);
    await t.tell(...group('{}:{b="1"}', alert('b', 'firing', 'info')));
    await t.tell(...group('{}:{a="1"}', alert('a')));
    expect(reasons(await t.tell(...group('{}:{b="1"}', alert('b', 'firing', 'info'))))).toEqual([
      'suppressed duplicate',
    ]);
    t.sent();
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A']);
  });

  test('each alert is held as long as its own route is muted', async () => {
    const t = relayUnderTest(MIXED);
    await t.tell(...group('{}:{a="1"}', alert('a')));
    await t.tell(...group('{}:{c="1"}', alert('c', 'firing', 'error')));
    t.now += HOUR;
    await t.relay.tend();
    expect(t.sent().map(outline)).toEqual(['trigger A C']);
  });
});

test('a reload that does away with the receiver drops what is held for it, and says so', async () => {
  const t = relayUnderTest(MUTED);
  await t.tell([alert('a')]);
  t.relay.use(configOf(`route: { receiver: other }\n${RECEIVERS.replace('name: pd', 'name: gone')}`));
  expect(t.logs.at(-1)).toMatchObject({ msg: expect.stringContaining('held alerts dropped'), alerts: 1 });
  t.now += HOUR;
  await t.relay.tend();
  expect(t.sent()).toEqual([]);
});

test('what cannot be sent of one receiver holds up no other', async () => {
  const t = relayUnderTest(
    `
route:
  receiver: pd
  routes:
    - { receiver: pd, matchers: [service="down"], group_by: ['...'], mute_time_intervals: [breakfast] }
    - { receiver: og, group_by: ['...'], mute_time_intervals: [breakfast] }
${INTERVALS}${RECEIVERS}  - name: og
    opsgenie_configs: [{ api_key: key, api_url: 'http://vendor.example/og' }]
`,
    ({ url }) => (url.endsWith('/pd') ? UNAVAILABLE : ACCEPTED),
  );
  const many = Array.from({ length: 1_500 }, (_, i) => ({
    labels: { service: 'down' },
    fingerprint: i.toString(16).padStart(16, '0'),
  }));
  await t.tell(many);
  await t.tell([alert('a')]);
  t.now += HOUR;
  await t.relay.tend();
  t.now += 1_000;
  await t.relay.tend();
  expect(calls(t.sent())).toContain('og create');
});
