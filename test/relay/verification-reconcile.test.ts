import { describe, expect, test } from '@jest/globals';
import { alert, GROUP, MINUTE, seen, WATCHED } from '../support/looks.ts';
import { broken, CONFIG, KEPT, relayWithPromises } from '../support/verification.ts';

describe('an incident that reconciliation has closed is opened again as soon as its alert is active', () => {
  /** It is told and seen, and closed while its alert is `muted`, or gone. */
  async function closed(how: 'kept' | 'failed', route: string, muted: readonly string[]) {
    const config = `${WATCHED}${CONFIG.replace("group_by: ['...']", route)}`;
    const says = (request: number) => (how === 'failed' && request === 2 ? broken('no') : KEPT);
    const { t, pass, posts } = relayWithPromises(says, { config });
    const look = async (active: readonly string[], silenced: readonly string[] = []) => {
      t.now += MINUTE;
      await t.relay.reconcile(seen(t.now, active, silenced));
      await pass(1_000);
      return posts().map((path) => (path.endsWith('/close') ? 'close' : 'create'));
    };
    await t.tell([alert('a')], GROUP);
    await look(['a']);
    const sent: string[] = [];
    for (let minute = 0; minute < 8; minute++) sent.push(...(await look([], muted)));
    return { look, sent };
  }

  test.each([
    ['for a mute', "group_by: ['...'], on_muted: resolve", ['a']],
    ['because it was gone', 'group_by: [service]', []],
  ])('%s, also where that took a second attempt', async (_name, route, muted) => {
    const atOnce = await closed('kept', route, muted);
    expect(atOnce.sent).toEqual(['close']);
    const later = await closed('failed', route, muted);
    expect(later.sent).toEqual(['close', 'close']);
    expect([await atOnce.look(['a']), await later.look(['a'])]).toEqual([['create'], ['create']]);
  });
});

test.each([
  ['for a mute', "group_by: ['...'], on_muted: resolve", ['a']],
  ['because it was gone', "group_by: ['...']", []],
])(
  'an end that its vendor never does, told %s, is told anew after an hour and not at each look',
  async (_what, route, muted) => {
    const config = `${WATCHED}${CONFIG.replace("group_by: ['...']", route)}`;
    const { t, pass, posts } = relayWithPromises((request) => (request === 1 ? KEPT : broken('no')), {
      config,
    });
    const look = async (active: readonly string[], silenced: readonly string[]) => {
      t.now += MINUTE;
      await t.relay.reconcile(seen(t.now, active, silenced));
      for (let i = 0; i < 3; i++) await pass(1_000);
    };
    await t.tell([alert('a')], GROUP);
    await look(['a'], []);
    posts();
    const closesIn = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) await look([], muted);
      return posts().length;
    };
    expect([await closesIn(55), t.records.deadLetters.size]).toEqual([2, 1]);
    expect(await closesIn(30)).toBe(2);
  },
);
