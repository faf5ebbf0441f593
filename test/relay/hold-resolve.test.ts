import { describe, expect, test } from '@jest/globals';
import type { PostedAlert } from '../support/post.ts';
import { configOf, relayUnderTest, type SentEvent, UNAVAILABLE } from '../support/relay.ts';

const config = (hold: string) => `
route: { receiver: pd, group_by: ['...'], dedup: { hold_resolve: ${hold} } }
receivers:
  - name: pd
    pagerduty_configs: [{ routing_key: key, url: 'http://vendor.example/pd' }]
`;

/** Fired at this minute of the day. */
const alert = (minute: number, status: PostedAlert['status'] = 'firing'): PostedAlert => ({
  status,
  fingerprint: 'a'.repeat(16),
  startsAt: `2027-01-15T07:${String(minute).padStart(2, '0')}:00Z`,
});

const actions = (sent: readonly SentEvent[]) => sent.map(({ body }) => body.event_action);
const reasons = (results: readonly { readonly reason: string }[]) => results.map(({ reason }) => reason);

describe('hold_resolve', () => {
  test('keeps a resolve back, and sends it when its time has come', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    expect(reasons(await t.tell([alert(1, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 119_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger']);
    expect(await t.scrape()).toContain('pagerelay_resolves_held 1');
    t.now += 1_000;
    await t.relay.tend();
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve']);
    expect(await t.scrape()).toContain('pagerelay_resolves_held 0');
  });

  test('an alert that fires again meanwhile updates the incident, which is not resolved', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.now += 60_000;
    expect(reasons(await t.tell([alert(30)]))).toEqual(['changed']);
    t.now += 3_600_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'trigger']);
    expect(reasons(await t.tell([alert(30, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve']);
  });

  test("a lagging peer's firing does not call it off", async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    expect(reasons(await t.tell([alert(1)]))).toEqual(['stale']);
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test('the twin of a resolve does not make it wait longer', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.now += 60_000;
    await t.tell([alert(1, 'resolved')]);
    t.now += 60_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test('one that nothing is known of is kept back too, and one that cannot be delivered stays', async () => {
    let isDown = true;
    const t = relayUnderTest(config('2m'), () =>
      isDown ? UNAVAILABLE : { status: 202, headers: {}, body: '' },
    );
    expect(reasons(await t.tell([alert(1, 'resolved')]))).toEqual(['hold_resolve']);
    t.now += 120_000;
    await t.relay.tend();
    isDown = false;
    t.now += 61_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['resolve', 'resolve']);
    await t.relay.tend();
    expect(t.sent()).toEqual([]);
  });

  test('when the daemon stops, all are sent', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    await t.relay.tend({ isLast: true });
    expect(actions(t.sent())).toEqual(['trigger', 'resolve']);
  });

  test('a reload that takes the receiver away drops them, with a warning', async () => {
    const t = relayUnderTest(config('2m'));
    await t.tell([alert(1)]);
    await t.tell([alert(1, 'resolved')]);
    t.relay.use(
      configOf(config('2m').replaceAll('pd', 'other').replace('pagerduty_configs', 'pagerduty_configs')),
    );
    expect(t.logs).toContainEqual(expect.objectContaining({ level: 'warn', alerts: 1 }));
    t.now += 120_000;
    await t.relay.tend();
    expect(actions(t.sent())).toEqual(['trigger']);
  });
});
