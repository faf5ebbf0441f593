import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { PEER_STATES } from '../../src/alertmanager/peer.ts';
import { ACTIONS } from '../../src/notification/notification.ts';
import { CONNECTIONS_PER_ORIGIN } from '../../src/notify/dispatchers.ts';
import { REASONS } from '../../src/notify/notifier.ts';
import { pagerduty } from '../../src/notify/pagerduty/index.ts';
import { METRICS, PREFIX } from '../../src/observe/metrics.ts';
import { SUPPRESSED } from '../../src/relay/reasons.ts';
import { type AppUnderTest, ask, withApp } from '../support/app.ts';
import { withPeers } from '../support/fake-alertmanager.ts';
import { always, closedUrl, withVendor } from '../support/fake-vendor.ts';
import { type PostedAlert, webhookBody } from '../support/post.ts';
import { eventually } from '../support/process.ts';

jest.setTimeout(60_000);

type Name = keyof typeof METRICS;
const NAMES = Object.keys(METRICS) as Name[];

/** The values that a label can have, of all metrics or of one. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  receiver: ['team'],
  integration: ['pagerduty_configs[0]'],
  action: ACTIONS,
  'notifications_failed_total reason': REASONS,
  'notifications_suppressed_total reason': Object.keys(SUPPRESSED),
  'verifications_total result': ['kept', 'broken', 'unknown', 'skipped'],
  'reconciliations_total result': ['done', 'unbelieved', 'failed'],
  field: pagerduty.cuttable,
  code: ['200', '400', '401', '403', '404', '405', '413', '415', '422', '499', '500', '503'],
  scope: ['ingest', 'metrics', 'admin'],
  status: ['firing', 'resolved'],
  what: ['adopted', 'gone', 'muted', 'active', 'read_back'],
  state: PEER_STATES,
  open: ['true', 'false'],
  store: ['redis'],
  outcome: ['exported', 'failed', 'dropped'],
  version: ['1.2.3'],
  nodeversion: [process.version],
};

/** What is not 0 from the start; the store of the test cannot be reached. */
const FROM_THE_START: readonly string[] = [
  'config_last_reload_successful',
  'config_last_reload_success_timestamp_seconds',
  'config_hash',
  'build_info',
  'dedup_store_errors_total',
] satisfies Name[];

const configOf = (vendor: string, { relay, ...more }: Readonly<Record<string, object>>) =>
  JSON.stringify({
    route: { receiver: 'team', group_by: ['...'] },
    receivers: [{ name: 'team', pagerduty_configs: [{ routing_key: 'R'.repeat(32), url: vendor }] }],
    ...more,
    relay: { drain_timeout: '0s', ...relay },
  });

/** The values of all series of ours: of a histogram, how much was observed. */
async function scrape({ ports: [port] }: AppUnderTest): Promise<ReadonlyMap<string, number>> {
  const { text } = await ask(port, '/metrics');
  const values = new Map<string, number>();
  for (const [, series = '', value] of text.matchAll(/^pagerelay_(\S+?(?:\{.*\})?) (\S+)$/gm)) {
    if (!/_(bucket|sum)(\{|$)/.test(series)) values.set(series, Number(value));
  }
  return values;
}

/** The series that a metric is to have: one for each value of each of its labels. */
function seriesOf(name: Name): readonly string[] {
  const { type, labels }: { readonly type: string; readonly labels: readonly string[] } = METRICS[name];
  let sets = [''];
  for (const label of labels) {
    const values = VALUES[`${name} ${label}`] ?? VALUES[label] ?? [];
    sets = sets.flatMap((set) => values.map((value) => `${set}${set && ','}${label}="${value}"`));
  }
  const full = type === 'histogram' ? `${name}_count` : name;
  return sets.map((set) => (set === '' ? full : `${full}{${set}}`));
}

describe('the first scrape has every label set, at 0', () => {
  let first: ReadonlyMap<string, number>;
  beforeAll(async () => {
    const store = { redis: { url: (await closedUrl()).replace('http', 'redis') } };
    // An Alertmanager that does not answer.
    first = await withVendor(
      () => {},
      ({ url }) => {
        const more = { dedup: { store }, relay: { alertmanager_url: [url] } };
        return withApp({ config: configOf('http://vendor.example/', more) }, scrape);
      },
    );
  });

  test.each(NAMES)(`${PREFIX}%s`, (name) => {
    const own = [...first].filter(([series]) => series.replace(/(_count)?(\{.*)?$/, '') === name);
    expect(new Set(own.map(([series]) => series))).toEqual(new Set(seriesOf(name)));
    const values = new Set(own.map(([, value]) => value));
    if (FROM_THE_START.includes(name)) expect(values).not.toContain(0);
    else expect(values).toEqual(new Set([0]));
  });
});

test('what happens moves them', async () => {
  const answers: ServerResponse[] = [];
  const arrivals = new EventTarget();
  const post = ({ ports: [port] }: AppUnderTest, alerts: readonly PostedAlert[], rest = {}) =>
    ask(port, '/webhook', { method: 'POST', body: webhookBody(alerts, rest) });
  const value = (scraped: ReadonlyMap<string, number>, name: Name, labels: object = {}) => {
    const wanted = seriesOf(name).filter((series) =>
      Object.entries(labels).every(([label, of]) => series.includes(`${label}="${of}"`)),
    );
    return wanted.reduce((sum, series) => sum + (scraped.get(series) ?? Number.NaN), 0);
  };

  const reload = async (under: AppUnderTest, config: string) => {
    under.write('pagerelay.yaml', config);
    expect((await ask(under.ports[0], '/-/reload', { method: 'POST' })).status).toBe(200);
  };
  const take = (response: ServerResponse) => {
    answers.push(response);
    if (answers.length === CONNECTIONS_PER_ORIGIN) arrivals.dispatchEvent(new Event('all connections'));
    if (answers.length > CONNECTIONS_PER_ORIGIN) response.writeHead(202).end('{}');
  };
  const use = async (under: AppUnderTest, vendor: string, collector: string) => {
    const looked = await eventually('Alertmanager was looked at', async () => {
      const scraped = await scrape(under);
      return value(scraped, 'reconciliation_last_success_timestamp_seconds') > 0 ? scraped : undefined;
    });
    expect(value(looked, 'alertmanager_peers', { state: 'believed' })).toBe(1);
    await reload(under, configOf(vendor, { tracing: { endpoint: collector } }));

    const alerts = Array.from({ length: CONNECTIONS_PER_ORIGIN + 1 }, (_, i) => ({
      labels: { severity: 'as bad as can be' },
      fingerprint: i.toString(16).padStart(16, '0'),
      startsAt: new Date().toISOString(),
    }));
    const arrived = once(arrivals, 'all connections');
    const answered = [post(under, alerts.slice(0, CONNECTIONS_PER_ORIGIN), { truncatedAlerts: 3 })];
    await arrived;
    answered.push(post(under, alerts.slice(CONNECTIONS_PER_ORIGIN)));
    const during = await eventually('the next one waits', async () => {
      const scraped = await scrape(under);
      return value(scraped, 'requests_waiting') === 1 ? scraped : undefined;
    });
    expect(value(during, 'notifications_in_flight')).toBe(CONNECTIONS_PER_ORIGIN + 1);

    const [limited, ...others] = answers;
    limited?.writeHead(429, { 'Retry-After': '1' }).end('{}');
    for (const response of others) response.writeHead(202).end('{}');
    expect((await Promise.all(answered)).map(({ status }) => status)).toEqual([200, 200]);
    // Without tracing: what is left of it goes out.
    await reload(under, configOf(vendor, {}));
    const after = await eventually('the traces are out', async () => {
      const scraped = await scrape(under);
      return value(scraped, 'spans_total', { outcome: 'exported' }) > CONNECTIONS_PER_ORIGIN
        ? scraped
        : undefined;
    });
    expect(value(after, 'rate_limited_seconds_total')).toBeGreaterThan(0);
    expect(value(after, 'notification_latency_seconds')).toBe(CONNECTIONS_PER_ORIGIN + 1);
    expect(value(after, 'alert_delivery_delay_seconds')).toBe(CONNECTIONS_PER_ORIGIN + 1);
    expect(value(after, 'unknown_severities_total')).toBe(CONNECTIONS_PER_ORIGIN + 1);
    expect(value(after, 'truncated_alerts_total')).toBe(3);
    expect(value(after, 'webhook_request_duration_seconds')).toBe(2);
    expect(value(after, 'webhook_requests_total', { code: '200' })).toBe(2);
    expect(value(after, 'notifications_in_flight') + value(after, 'requests_waiting')).toBe(0);
    expect([...after.keys()].join()).not.toContain('alertmanager_peers');
    const loadedAt = 'config_last_reload_success_timestamp_seconds';
    expect(value(after, loadedAt)).toBeGreaterThan(value(looked, loadedAt));
  };

  await withVendor(always(200), (collector) =>
    withPeers([{}], ([peer = '']) =>
      withVendor(take, ({ url }) => {
        const config = configOf(url, { relay: { alertmanager_url: [peer] } });
        return withApp({ config }, (under) => use(under, url, collector.url));
      }),
    ),
  );
});
