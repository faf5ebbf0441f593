import { expect, test } from '@jest/globals';
import { CONNECTIONS_PER_ORIGIN } from '../../src/notify/dispatchers.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import { RECEIVERS } from '../support/fallback.ts';
import { ACCEPTED, relayUnderTest } from '../support/relay.ts';

const CONFIG = `
relay: { delivery_timeout: 1s }
route: { receiver: pd, group_by: ['...'] }
${RECEIVERS}`;
const FAILED: Answer = { status: 500, headers: {}, body: '' };

/** A relay before a vendor that fails for some incidents, each time until the delivery's time is over. */
function relayWithPoisoned(poisoned: readonly string[], config = CONFIG) {
  const vendor = { isDown: false };
  const t = relayUnderTest(config, ({ url, body }) => {
    if (!url.endsWith('/pd')) return ACCEPTED;
    const { dedup_key } = JSON.parse(String(body)) as { dedup_key: string };
    if (!vendor.isDown && !poisoned.includes(nameOf(dedup_key))) return ACCEPTED;
    t.now += 1_000;
    return FAILED;
  });
  return {
    t,
    vendor,
    fire: (name: string, severity = 'critical') =>
      t.tell([{ fingerprint: name.padStart(16, '0'), labels: { name, severity } }]),
    async tick(seconds = 1) {
      for (let i = 0; i < seconds; i++) {
        t.now += 1_000;
        await t.relay.tend();
      }
    },
    /** Which pages were sent to each vendor since it was last asked. */
    told() {
      const bodies = t.sent().map(({ body }) => body);
      const names = (keys: readonly unknown[]) =>
        new Set(keys.filter((key) => key !== undefined).map(nameOf));
      return { pd: names(bodies.map((body) => body.dedup_key)), og: names(bodies.map(({ alias }) => alias)) };
    },
    async gauges() {
      const text = await t.scrape();
      const gauge = (name: string) => Number(text.match(new RegExp(`^pagerelay_${name} (.*)$`, 'm'))?.[1]);
      const open = gauge('circuit_open{receiver="pd",integration="pagerduty_configs\\[0\\]"}');
      return { open, standIns: gauge('stand_ins') };
    },
  };
}

function nameOf(key: unknown): string {
  return String(key).replace(/^0+/, '');
}

test.each([
  ['', 1],
  [', though two accounts are told of it', 2],
])(
  'what fails for its own event closes the way to none of the others, for as long as it is owed%s',
  async (_what, accounts) => {
    const second = ", { routing_key: other, url: 'http://vendor.example/pd' }]";
    const config = accounts === 2 ? CONFIG.replace("/pd' }]", `/pd' }${second}`) : CONFIG;
    const { t, fire, tick, told, gauges } = relayWithPoisoned(['bad'], config);
    await fire('bad');
    const asked: boolean[] = [];
    for (let second = 1; second <= 300; second++) {
      await tick();
      asked.push(told().pd.has('bad'));
      if (second % 7 !== 0) continue;
      expect(await fire(`${second}`)).toMatchObject(Array(accounts).fill({ outcome: 'accepted' }));
      expect(told()).toEqual({ pd: new Set([`${second}`]), og: new Set() });
    }
    expect(asked.lastIndexOf(true)).toBeGreaterThan(290);
    expect(await gauges()).toEqual({ open: 0, standIns: accounts });
    expect(t.logs.filter(({ msg }) => msg.startsWith('endpoint'))).toEqual([]);
  },
);

test('after an outage all come back but those that still fail for themselves, though these go first', async () => {
  // More than go out at the same time, so that the most severe are always the first to ask.
  const healthy = Array.from({ length: CONNECTIONS_PER_ORIGIN + 1 }, (_, i) => `${i + 1}`);
  const poisoned = ['bad1', 'bad2'];
  const { vendor, fire, tick, told, gauges } = relayWithPoisoned(poisoned);
  vendor.isDown = true;
  for (const name of poisoned) await fire(name);
  for (const name of healthy) await fire(name, 'warning');
  await tick(60);
  const standIns = healthy.length + poisoned.length;
  expect(await gauges()).toEqual({ open: 1, standIns });
  vendor.isDown = false;
  told();
  await tick(30);
  expect((await gauges()).standIns).toBe(poisoned.length);
  expect(told().pd).toEqual(new Set([...poisoned, ...healthy]));
});

test('an account that fails for an incident keeps it from no fallback at the same address, neither its page nor its end', async () => {
  let failures = 0;
  const t = relayUnderTest(
    `
relay: { delivery_timeout: 9s }
route: { receiver: own, group_by: ['...'] }
receivers:
  - name: own
    fallback: other
    pagerduty_configs: [{ routing_key: own, url: 'http://vendor.example/pd' }]
  - name: other
    pagerduty_configs: [{ routing_key: other, url: 'http://vendor.example/pd' }]
`,
    ({ body }) => {
      if (!String(body).includes('"routing_key":"own"')) return ACCEPTED;
      failures++;
      t.now += 1_000;
      return FAILED;
    },
  );
  const told = () =>
    t.sent().flatMap(({ body }) => (body.routing_key === 'other' ? [body.event_action] : []));
  const tell = (status: 'firing' | 'resolved') => t.tell([{ fingerprint: 'a'.repeat(16), status }]);
  await tell('firing');
  expect(told()).toEqual(['trigger']);
  for (let second = 0; second < 20; second++) {
    t.now += 1_000;
    await t.relay.tend();
  }
  expect(failures).toBeGreaterThan(5);
  await tell('resolved');
  expect(told()).toEqual(['resolve']);
});
