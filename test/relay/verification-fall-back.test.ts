import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/notify/outcome.ts';
import { eventually } from '../support/process.ts';
import { ACCEPTED, REJECTED, relayUnderTest, UNAVAILABLE } from '../support/relay.ts';
import { pending } from '../support/slow-answers.ts';
import { alert, broken, CONFIG, json, KEPT, relayWithPromises } from '../support/verification.ts';

describe('what fails again where there is a fallback', () => {
  const config = `${CONFIG.replace('name: og', 'name: og\n    fallback: pd')}
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;
  const young = { ...alert, startsAt: '2027-01-15T08:00:00Z' };

  /** What was promised is never done, unless `says` says otherwise of that request; for a while, its vendor takes nothing. */
  function withFallback(says: (request: number) => Answer = () => broken('no')) {
    const vendor = { isDown: false };
    let promised = 0;
    // Without a time that it asks to wait for: that would hold up the question, too.
    const down = { ...UNAVAILABLE, headers: {} };
    const t = relayUnderTest(`relay: { delivery_timeout: 1s }${config}`, ({ method, url }) => {
      if (url.endsWith('/pd')) return ACCEPTED;
      if (method === 'GET') return says(Number(url.split('-').at(-1)));
      return vendor.isDown ? down : json(202, { requestId: `request-${++promised}` });
    });
    const verify = () => {
      t.now += 1_000;
      return t.relay.verify();
    };
    return { t, vendor, verify };
  }

  test('is taken by it, which is told of the end', async () => {
    const { t, pass } = relayWithPromises(() => broken('no'), { config });
    const atFallback = () =>
      t.sent().flatMap(({ url, body }) => (url.endsWith('/pd') ? [[body.event_action, body.dedup_key]] : []));
    await t.tell([young]);
    await pass(1_000);
    expect(atFallback()).toEqual([]);
    await pass(1_000);
    expect(atFallback()).toEqual([['trigger', alert.fingerprint]]);
    expect(t.records.deadLetters.size).toBe(0);
    const [taken] = t.records.decisions.query({ receiver: 'og' }, 1);
    expect(taken).toMatchObject({
      reason: 'fallback',
      outcome: 'accepted',
      detail: 'taken by pd/pagerduty_configs[0]; here: no',
    });
    await t.tell([{ ...young, status: 'resolved' }]);
    expect(atFallback()).toEqual([['resolve', alert.fingerprint]]);
    expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
  });

  test.each([
    ['refuses it', REJECTED],
    ['is down', UNAVAILABLE],
  ])('is a dead letter when that %s', async (_name, fallback) => {
    const { t, pass } = relayWithPromises(() => broken('no'), { config, fallback });
    await t.tell([young]);
    await pass(1_000);
    await pass(1_000);
    expect(t.records.deadLetters.list(10)).toMatchObject([
      { receiver: 'og', action: 'trigger', detail: 'no' },
    ]);
  });

  test('or for the first time is not sent when its receiver is still owed the end', async () => {
    const { t, vendor, verify } = withFallback();
    await t.tell([young]);
    vendor.isDown = true;
    await t.tell([{ ...young, status: 'resolved' }]);
    await verify();
    expect(t.logs.map(({ msg }) => msg)).toContain('accepted but failed');
    vendor.isDown = false;
    t.sent();
    t.now += 61_000;
    await t.relay.tend();
    expect(t.sent().map(({ url }) => new URL(url).pathname)).toEqual([
      `/v2/alerts/${alert.fingerprint}/close`,
    ]);
  });

  test('nor when that comes about while it waits for its turn', async () => {
    const closing = pending();
    let isClosing = true;
    const t = relayUnderTest(config, ({ method, url }) => {
      if (url.endsWith('/pd')) return ACCEPTED;
      if (method === 'GET') return broken('no');
      if (isClosing && url.includes('/close')) return closing.answer;
      return json(202, { requestId: 'request-1' });
    });
    await t.tell([young]);
    const ending = t.tell([{ ...young, status: 'resolved' }]);
    t.now += 1_000;
    const verifying = t.relay.verify();
    await eventually('it is known', () => t.logs.find(({ msg }) => msg === 'accepted but failed'));
    isClosing = false;
    closing.give(UNAVAILABLE);
    await Promise.all([ending, verifying]);
    t.sent();
    t.now += 61_000;
    await t.relay.tend();
    expect(t.sent().map(({ url }) => new URL(url).pathname)).toEqual([
      `/v2/alerts/${alert.fingerprint}/close`,
    ]);
  });

  test('goes nowhere when its receiver is owed something newer, which it is told', async () => {
    const { t, vendor, verify } = withFallback();
    await t.tell([young]);
    await verify();
    vendor.isDown = true;
    expect(await t.tell([{ ...young, startsAt: '2027-01-15T08:01:00Z' }])).toMatchObject([
      { outcome: 'accepted', reason: 'fallback' },
    ]);
    vendor.isDown = false;
    await verify();
    expect(t.logs.filter(({ msg }) => msg === 'accepted but failed')).toHaveLength(2);
    t.sent();
    t.now += 61_000;
    await t.relay.tend();
    expect(t.sent().map(({ url }) => new URL(url).pathname)).toContain('/v2/alerts');
  });

  describe('is an end, which', () => {
    async function failingEnd() {
      const { t, vendor } = withFallback((request) => (request === 2 ? broken('no') : KEPT));
      await t.tell([young]);
      await t.tell([{ ...young, status: 'resolved' }]);
      vendor.isDown = true;
      const later = async (ms: number) => {
        t.now += ms;
        await t.relay.verify();
        await t.relay.tend();
      };
      await later(1_000);
      const closes = () => t.sent().filter(({ url }) => url.includes('/close')).length;
      closes();
      return { t, vendor, later, closes };
    }

    test('is sent once more when its receiver can be reached, and is no news to the fallback', async () => {
      const { t, vendor, later, closes } = await failingEnd();
      expect(await t.scrape()).toContain('pagerelay_stand_ins 0');
      vendor.isDown = false;
      await later(61_000);
      await later(61_000);
      expect(closes()).toBe(1);
      expect(t.records.deadLetters.size).toBe(0);
    });

    test('is a dead letter after ten minutes', async () => {
      const { t, later } = await failingEnd();
      for (let minute = 0; minute < 12; minute++) await later(61_000);
      expect(t.records.deadLetters.list(10)).toMatchObject([{ receiver: 'og', action: 'resolve' }]);
    });
  });

  test('is a dead letter when it is an end', async () => {
    const { t, pass } = relayWithPromises((request) => (request === 1 ? KEPT : broken('no')), { config });
    await t.tell([young]);
    await pass(1_000);
    await t.tell([{ ...young, status: 'resolved' }]);
    await pass(1_000);
    await pass(1_000);
    expect(t.records.deadLetters.list(10)).toMatchObject([{ receiver: 'og', action: 'resolve' }]);
  });
});

test('a stand-in that took two attempts to end takes what fires on as soon as its receiver is down again', async () => {
  let isDown = true;
  let promised = 0;
  const t = relayUnderTest(
    `
relay: { delivery_timeout: 1s }
route: { receiver: pd, group_by: ['...'], dedup: { window: 0s } }
receivers:
  - name: pd
    fallback: og
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
${CONFIG.slice(CONFIG.indexOf('  - name: og'))}`,
    ({ method, url }) => {
      if (url.endsWith('/pd')) return isDown ? { ...UNAVAILABLE, headers: {} } : ACCEPTED;
      if (method === 'GET') return url.endsWith('-2') ? broken('no') : KEPT;
      return json(202, { requestId: `request-${++promised}` });
    },
  );
  const atFallback = () =>
    t.sent().flatMap(({ url }) => (/\/(pd|request-\d)$/.test(url) ? [] : [new URL(url).pathname]));
  await t.tell([alert]);
  isDown = false;
  t.now += 61_000;
  await t.relay.tend();
  t.now += 1_000;
  await t.relay.verify();
  const close = `/v2/alerts/${alert.fingerprint}/close`;
  expect(atFallback()).toEqual(['/v2/alerts', close, close]);
  isDown = true;
  await t.tell([alert]);
  expect(atFallback()).toEqual(['/v2/alerts']);
});
