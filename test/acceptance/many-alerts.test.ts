import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { CONNECTIONS_PER_ORIGIN } from '../../src/notify/dispatchers.ts';
import { type Daemon, PAGERDUTY_KEY, startDaemon } from '../support/daemon.ts';
import { always, type FakeVendor, type Script, withVendor } from '../support/fake-vendor.ts';
import { type Answer, post, webhookBody } from '../support/post.ts';

jest.setTimeout(180_000);

const MANY = 10_000;
/** In bytes; about twice what it takes. */
const MAX_RSS = 300 * 1024 * 1024;
/** Requests whose answer came too late are sent again: some for each connection, but not all. */
const MAX_AGAIN = MANY / 10;
const PER_ALERT = "group_by: ['...']";
const PER_GROUP = 'group_by: []';

const BODY = webhookBody(
  Array.from({ length: MANY }, (_, i) => ({
    labels: { instance: `host-${i}.example.com:9100`, job: 'node', team: 'platform' },
    annotations: { summary: `host-${i} is down`, runbook_url: 'https://runbooks.example.com/host-down' },
    fingerprint: i.toString(16).padStart(16, '0'),
  })),
);

let daemon: Daemon | undefined;
afterEach(() => daemon?.kill());

async function daemonFor(vendor: FakeVendor, groupBy: string, relay = ''): Promise<Daemon> {
  daemon = await startDaemon(`
relay: { drain_timeout: 0s${relay} }
route: { receiver: team, ${groupBy} }
receivers:
  - name: team
    pagerduty_configs: [{ routing_key: ${PAGERDUTY_KEY}, url: '${vendor.url}' }]
`);
  return daemon;
}

/** Posts it, and meanwhile asks again and again whether the daemon lives and how much memory it has. */
async function postWatched({ url }: Daemon): Promise<{ answer: Answer; healthy: number; rss: number }> {
  let answer: Answer | undefined;
  const posted = post(url, BODY).then((it) => {
    answer = it;
  });
  let rss = 0;
  let healthy = 0;
  do {
    const health = await fetch(`${url}/-/healthy`, { signal: AbortSignal.timeout(10_000) });
    expect(health.status).toBe(200);
    if (answer === undefined) healthy++;
    const metrics = await (await fetch(`${url}/metrics`)).text();
    rss = Math.max(rss, Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1]));
  } while (answer === undefined);
  await posted;
  return { answer, healthy, rss };
}

interface Taken {
  readonly statuses: readonly number[];
  /** The incidents that were accepted, in the answers to all of them. */
  readonly accepted: readonly string[];
  readonly healthy: number;
  readonly rss: number;
}

/** Posts it as often as Alertmanager has to. */
async function postUntilTaken(own: Daemon): Promise<Taken> {
  const statuses: number[] = [];
  const accepted: string[] = [];
  let [healthy, rss] = [0, 0];
  do {
    const posted = await postWatched(own);
    statuses.push(posted.answer.status);
    for (const { outcome, incident_key: key = '' } of posted.answer.notifications)
      if (outcome === 'accepted') accepted.push(key);
    healthy += posted.healthy;
    rss = Math.max(rss, posted.rss);
  } while (statuses.at(-1) === 503 && statuses.length < 20);
  return { statuses, accepted, healthy, rss };
}

function keysOf({ requests }: FakeVendor): ReadonlySet<string> {
  return new Set(requests.map(({ body }) => (JSON.parse(body) as { readonly dedup_key: string }).dedup_key));
}

describe(`${MANY} alerts in one webhook`, () => {
  test.each([
    ['an incident each', PER_ALERT, MANY],
    ['one incident of all', PER_GROUP, 1],
  ])('are taken: %s', async (_, groupBy, incidents) => {
    await withVendor(always(202), async (vendor) => {
      // Time enough also where others use the machine.
      const own = await daemonFor(vendor, groupBy, ', delivery_timeout: 2m');
      const { statuses, accepted, healthy, rss } = await postUntilTaken(own);
      expect(statuses.at(-1)).toBe(200);
      expect([accepted.length, new Set(accepted).size]).toEqual([incidents, incidents]);
      expect(keysOf(vendor).size).toBe(incidents);
      expect(vendor.requests.length - incidents).toBeLessThanOrEqual(MAX_AGAIN);
      expect(healthy).toBeGreaterThan(0);
      expect(rss).toBeGreaterThan(0);
      expect(rss).toBeLessThan(MAX_RSS);
      // Told again, nothing is sent.
      const sent = vendor.requests.length;
      expect((await post(own.url, BODY)).status).toBe(200);
      expect(vendor.requests).toHaveLength(sent);
    });
  });

  test('are taken bit by bit where the time is too short: what was accepted is not told again', async () => {
    // A vendor that stops answering half way, for once.
    const halting: Script = (response, request, index) => {
      const isHalted = index >= MANY / 2 && index < MANY / 2 + CONNECTIONS_PER_ORIGIN;
      if (!isHalted) always(202)(response, request, index);
    };
    await withVendor(halting, async (vendor) => {
      const own = await daemonFor(vendor, PER_ALERT, ', delivery_timeout: 5s');
      const { statuses, accepted } = await postUntilTaken(own);
      expect([statuses[0], statuses.at(-1)]).toEqual([503, 200]);
      expect([accepted.length, new Set(accepted).size]).toEqual([MANY, MANY]);
      expect(keysOf(vendor).size).toBe(MANY);
      expect(vendor.requests.length - MANY).toBeLessThanOrEqual(MAX_AGAIN);
    });
  });
});
