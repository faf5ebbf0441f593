import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../src/notification/notification.ts';
import type { Outcome } from '../../src/notify/notifier.ts';
import { opsgenie } from '../../src/notify/opsgenie/index.ts';
import type { Vendor } from '../../src/notify/vendor.ts';
import { createDeadline } from '../../src/relay/deadline.ts';
import { deliver, gaveWay } from '../../src/relay/deliver.ts';
import type { Gate } from '../../src/relay/gate.ts';
import type { Way } from '../../src/relay/turns.ts';
import { configured, deliverOnce } from '../support/deliveries.ts';
import { type Received, type Script, withVendor } from '../support/fake-vendor.ts';
import { anAlert, aResolve, aTrigger } from '../support/notifications.ts';
import { ACCEPTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';

const INTEGRATION = opsgenie as unknown as Vendor;
const UPDATING = { update_alerts: true, message: 'm', description: 'd' };
const CLOSING = { close_details: { a: 'b' } };

/** Method and last part of the address. */
const call = ({ method, url }: Received) => `${method} ${/\/([a-z]+)(?:\?.*)?$/.exec(url)?.[1]}`;

/** The statuses of each call, one after the other; then 202. */
function statuses(of: Readonly<Record<string, readonly number[]>>): Script {
  const left = new Map(Object.entries(of).map(([name, list]) => [name, [...list]]));
  return (response, request) => {
    response.writeHead(left.get(call(request))?.shift() ?? 202).end('{"message":"no such call"}');
  };
}

describe('a notification of several requests', () => {
  test('closes although the details before it cannot be added', async () => {
    const answers = { 'POST details': [503, 503, 503] };
    await withVendor(statuses(answers), async ({ url, requests }) => {
      const done = await deliverOnce(configured(INTEGRATION, url, { ...CLOSING }), aResolve());
      expect(requests.map(call)).toEqual(['POST details', 'POST close']);
      expect(done).toMatchObject({
        outcome: { status: 'accepted' },
        attempts: 1,
        refused: [expect.any(String)],
      });
    });
  });

  test.each<[string, object, 'trigger' | 'resolve', readonly string[]]>([
    ['an update', UPDATING, 'trigger', ['POST alerts', 'PUT message', 'PUT description']],
    ['a close with details', CLOSING, 'resolve', ['POST details', 'POST close']],
  ])('sends them in order, one at a time: %s', async (_what, settings, action, calls) => {
    let underWay = 0;
    let most = 0;
    const slowly: Script = (response) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        response.writeHead(202).end();
      }, 20);
    };
    await withVendor(slowly, async ({ url, requests }) => {
      const to = configured(INTEGRATION, url, { ...settings });
      const done = await deliverOnce(to, action === 'trigger' ? aTrigger() : aResolve());
      expect(requests.map(call)).toEqual(calls);
      expect(done).toMatchObject({
        outcome: { status: 'accepted' },
        attempts: 1,
        refused: [],
        counters: { requests: calls.length, failed: 0 },
      });
      expect(most).toBe(1);
    });
  });

  test.each<
    [string, object, 'trigger' | 'resolve', Readonly<Record<string, readonly number[]>>, readonly string[]]
  >([
    [
      'the first update',
      UPDATING,
      'trigger',
      { 'PUT message': [404] },
      ['POST alerts', 'PUT message', 'PUT description'],
    ],
    [
      'both updates',
      UPDATING,
      'trigger',
      { 'PUT message': [422], 'PUT description': [403] },
      ['POST alerts', 'PUT message', 'PUT description'],
    ],
    ['the details of a close', CLOSING, 'resolve', { 'POST details': [404] }, ['POST details', 'POST close']],
  ])('is accepted when the vendor refuses %s', async (_what, settings, action, answers, calls) => {
    await withVendor(statuses(answers), async ({ url, requests }) => {
      const to = configured(INTEGRATION, url, { ...settings });
      const done = await deliverOnce(to, action === 'trigger' ? aTrigger() : aResolve());
      expect(requests.map(call)).toEqual(calls);
      const codes = Object.values(answers).flat();
      expect(done).toMatchObject({
        outcome: { status: 'accepted' },
        attempts: 1,
        refused: codes.map((code) => `status ${code}: no such call`),
        counters: { requests: calls.length, failed: codes.length },
      });
    });
  });

  test.each<[string, object, 'trigger' | 'resolve', readonly string[]]>([
    ['the create', UPDATING, 'trigger', ['POST alerts']],
    ['the close', CLOSING, 'resolve', ['POST details', 'POST close']],
  ])('is rejected when the vendor refuses %s', async (_what, settings, action, calls) => {
    const last = calls.at(-1) ?? '';
    await withVendor(statuses({ [last]: [422] }), async ({ url, requests }) => {
      const to = configured(INTEGRATION, url, { ...settings });
      const done = await deliverOnce(to, action === 'trigger' ? aTrigger() : aResolve());
      expect(done).toMatchObject({ outcome: { status: 'rejected' }, attempts: 1, refused: [] });
      expect(requests.map(call)).toEqual(calls);
    });
  });

  test('goes on where it stopped: what was accepted is not repeated', async () => {
    const answers = { 'POST alerts': [503], 'PUT message': [500], 'PUT description': [429] };
    await withVendor(statuses(answers), async ({ url, requests }) => {
      const done = await deliverOnce(configured(INTEGRATION, url, UPDATING), aTrigger());
      expect(requests.map(call)).toEqual([
        'POST alerts',
        'POST alerts',
        'PUT message',
        'PUT message',
        'PUT description',
        'PUT description',
      ]);
      expect(done).toMatchObject({
        outcome: { status: 'accepted' },
        attempts: 4,
        counters: { requests: 6, failed: 3 },
      });
    });
  });

  test('is accepted although the rest of it stays unavailable: the whole is not said twice', async () => {
    const down = { 'PUT message': Array<number>(20).fill(503) };
    await withVendor(statuses(down), async ({ url, requests }) => {
      const done = await deliverOnce(configured(INTEGRATION, url, UPDATING), aTrigger(), { withinMs: 2500 });
      expect(done).toMatchObject({ outcome: { status: 'accepted' }, refused: ['status 503: no such call'] });
      expect(requests.length).toBeGreaterThan(2);
      expect(requests.filter((request) => call(request) === 'POST alerts')).toHaveLength(1);
    });
  });

  test.each([
    ['create', 'POST alerts', ['POST alerts', 'POST alerts', 'PUT message', 'PUT description']],
    ['update', 'PUT description', ['POST alerts', 'PUT message', 'PUT description', 'PUT description']],
  ])('whose %s is too large is made smaller, and sent once more', async (_what, large, calls) => {
    await withVendor(statuses({ [large]: [413] }), async ({ url, requests }) => {
      const settings = { update_alerts: true, description: '{{ .CommonAnnotations.description }}' };
      const alerts = [anAlert({ annotations: { description: 'd'.repeat(10_000) } })];
      const done = await deliverOnce(configured(INTEGRATION, url, settings), aTrigger({ alerts }));
      expect(requests.map(call)).toEqual(calls);
      expect(done).toMatchObject({ outcome: { status: 'accepted' }, attempts: 2, refused: [] });
      const sizes = requests.filter((request) => call(request) === large).map(({ body }) => body.length);
      expect(sizes[0]).toBeGreaterThan(10_000);
      expect(sizes[1]).toBeLessThan(2_500);
    });
  });

  test('whose update stays too large is accepted without it', async () => {
    await withVendor(statuses({ 'PUT description': [413, 413] }), async ({ url }) => {
      const done = await deliverOnce(configured(INTEGRATION, url, UPDATING), aTrigger());
      expect(done).toMatchObject({ outcome: { status: 'accepted' }, refused: ['status 413: no such call'] });
    });
  });
});

describe('the log and the metrics', () => {
  const config = (settings: string) => `
route: { receiver: og }
receivers:
  - name: og
    opsgenie_configs: [{ api_key: SECRET-KEY, api_url: 'http://vendor.example', ${settings} }]
`;

  test('tell of a refused update, without the credential', async () => {
    const t = relayUnderTest(config('update_alerts: true, description: d'), ({ url }) =>
      url.endsWith('/alerts')
        ? { status: 202, headers: {}, body: '' }
        : { status: 403, headers: {}, body: '{"message":"not for SECRET-KEY"}' },
    );
    expect((await t.tell([{}])).map(({ outcome }) => outcome)).toEqual(['accepted']);
    expect(t.logs).toMatchObject([
      {
        level: 'info',
        msg: 'notification accepted',
        refused: ['status 403: not for <secret>', 'status 403: not for <secret>'],
      },
    ]);
    const own = 'receiver="og",integration="opsgenie_configs[0]"';
    const metrics = await t.scrape();
    expect(metrics).toContain(`pagerelay_notification_requests_total{${own}} 3`);
    expect(metrics).toContain(`pagerelay_notification_requests_failed_total{${own}} 2`);
    expect(metrics).toContain(`pagerelay_notifications_failed_total{${own},reason="authError"} 0`);
    // It is not told again.
    expect((await t.tell([{}])).map(({ outcome }) => outcome)).toEqual(['suppressed']);
  });

  test('an update that stays unavailable does not have the alert created again', async () => {
    const t = relayUnderTest(config('update_alerts: true, description: d'), ({ url }) =>
      url.endsWith('/alerts') ? { status: 202, headers: {}, body: '' } : UNAVAILABLE,
    );
    expect((await t.tell([{}])).map(({ outcome }) => outcome)).toEqual(['accepted']);
    expect((await t.tell([{}])).map(({ outcome }) => outcome)).toEqual(['suppressed']);
  });

  test('tell of every template that fails, each time that it is sent, in a bounded length', async () => {
    const settings = `message: '{{ index .Alerts 9 }}', tags: '{{ template "none" . }}', note: '{{ mustToDate "2006" .CommonLabels.long }}'`;
    const t = relayUnderTest(config(settings));
    const long = { labels: { long: 'x'.repeat(5000) } };
    expect((await t.tell([long])).map(({ outcome }) => outcome)).toEqual(['accepted']);
    const failed = t.logs.filter(({ msg }) => msg === 'template failed');
    expect(
      failed.map(({ level, receiver, integration, setting }) => [level, receiver, integration, setting]),
    ).toEqual(
      expect.arrayContaining(
        ['message', 'tags', 'note'].map((setting) => ['error', 'og', 'opsgenie_configs[0]', setting]),
      ),
    );
    expect(failed.map(({ detail }) => String(detail).length).sort((x, y) => y - x)[0]).toBe(500);
    expect(JSON.stringify(t.logs)).not.toContain('SECRET');
    const line = 'pagerelay_template_failures_total{receiver="og",integration="opsgenie_configs[0]"}';
    expect(await t.scrape()).toContain(`${line} 3`);
    await t.tell([{ ...long, status: 'resolved' }]);
    expect(await t.scrape()).toContain(`${line} 3`);
  });
});

describe('what has to wait at each of its turns', () => {
  interface Waiting {
    readonly waitMs?: number;
    /** What comes of each look, whether it is overtaken; from then on none is over within the time. */
    readonly looks: readonly boolean[];
    readonly way?: Way;
    readonly timeoutMs?: number;
  }

  /** A gate at which everybody waits for as long, and what came of each turn. */
  async function deliverAtSlowGate(notification: Notification, waiting: Waiting) {
    const { waitMs = 2_000, looks, way, timeoutMs = 60_000 } = waiting;
    const clock = { now: 1_000_000 };
    const ranks: number[] = [];
    const left = [...looks];
    const never = new Promise<boolean>(() => {});
    const deadline = createDeadline(clock.now + timeoutMs, () => clock.now, new AbortController().signal);
    const gate: Gate = {
      pass({ rank }, send) {
        if (deadline.signal.aborted) return Promise.resolve(LATE);
        ranks.push(rank());
        clock.now += waitMs;
        return send(() => true);
      },
      isClosed: () => false,
    };
    const http = { send: async () => ACCEPTED, retain() {}, close: async () => {} };
    const counts = { count: 0 };
    const delivery = await deliver(notification, configured(INTEGRATION, 'http://127.0.0.1:9'), deadline, {
      http,
      gate,
      now: () => clock.now,
      place: 'one',
      rank: () => 2,
      isOvertaken: () => {
        const isOver = left.shift();
        return isOver === undefined ? never : Promise.resolve(isOver);
      },
      way,
      counters: {
        requests: counts,
        requestsFailed: counts,
        rateLimitedSeconds: counts,
        keysRefused: counts,
      },
    });
    deadline.clear();
    return { status: delivery.outcome.status, ranks, gaveWay: gaveWay(delivery) };
  }

  test('is looked at five times where it is a page, and goes before its equals', async () => {
    const done = await deliverAtSlowGate(aTrigger(), { looks: Array(5).fill(false) });
    expect(done).toMatchObject({ status: 'accepted', ranks: [2, 1.8, 1.8, 1.8, 1.8, 1.8] });
  });

  test('is sent where it has not waited for a second since it was looked at', async () => {
    const done = await deliverAtSlowGate(aTrigger(), { looks: [false], waitMs: 900 });
    expect(done).toMatchObject({ status: 'accepted', ranks: [2, 1.8] });
  });

  test('is given up where it is a page once Alertmanager says otherwise', async () => {
    const done = await deliverAtSlowGate(aTrigger(), { looks: [false, true] });
    expect(done).toMatchObject({ status: 'unavailable', ranks: [2, 1.8] });
  });

  test('is looked at whenever it has waited for a second where it is an end', async () => {
    const done = await deliverAtSlowGate(aResolve(), { looks: [false, false, true] });
    expect(done).toMatchObject({ status: 'unavailable', ranks: [2, 1.8, 1.8] });
  });

  test('waits for no look beyond its deadline', async () => {
    const done = await deliverAtSlowGate(aTrigger(), { looks: [], timeoutMs: 50 });
    expect(done).toMatchObject({ status: 'unavailable', ranks: [2] });
  });

  test('gives way to an end that comes after it was looked at', async () => {
    const asked = [false, true, true];
    const way = { isAsked: () => asked.shift() ?? true, give: () => true };
    const done = await deliverAtSlowGate(aTrigger(), { looks: [false, true], way, waitMs: 300 });
    expect(done).toMatchObject({ ranks: [2, 1.8], gaveWay: true });
  });
});

const LATE: Outcome = { status: 'unavailable', reason: 'contextDeadlineExceeded', detail: 'late' };
