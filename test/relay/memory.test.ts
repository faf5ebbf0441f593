import { describe, expect, test } from '@jest/globals';
import { alert, config, ended, MINUTE, relayWithLooks } from '../support/looks.ts';
import { relayUnderTest } from '../support/relay.ts';

const HOUR = 60 * MINUTE;
const REMINDED = { notification_reason: 'repeat interval elapsed' };

describe('an incident is not forgotten after dedup.ttl', () => {
  test('where it is silenced for days, and its alert ends shortly before', async () => {
    const { t, look } = relayWithLooks();
    await t.tell([alert('a')]);
    for (let minute = 0; minute < 24 * 60 - 6; minute += 3) await look([], ['a'], 3 * MINUTE);
    const sent: string[] = [];
    for (let minute = 0; minute < 10; minute++) sent.push(...(await look([])));
    expect(sent).toEqual(['resolve a']);
  });

  test('while it is to be ended, however short that is', async () => {
    const { t, look } = relayWithLooks(`${config()}\ndedup: { ttl: 3m }`);
    await t.tell([alert('a')]);
    t.sent();
    const sent: string[] = [];
    for (let minute = 0; minute < 10; minute++) sent.push(...(await look([])));
    expect(sent).toEqual(['resolve a']);
  });

  test('while it waits for a long reconcile_after', async () => {
    const { t, look } = relayWithLooks(config().replace('reconcile_after: 6m', 'reconcile_after: 3d'));
    await t.tell([alert('a')]);
    t.sent();
    const sent: string[] = [];
    for (let hour = 0; hour < 74; hour++) sent.push(...(await look([], [], HOUR)));
    expect(sent).toEqual(['resolve a']);
  });

  test('where it is told again within that time, though that is dropped', async () => {
    const t = relayUnderTest(config('dedup: { repeats: drop }').replace(/^relay:.*$/m, ''));
    const outcomes: string[] = [];
    for (let day = 0; day < 4; day++) {
      outcomes.push(...(await t.tell([alert('a')], REMINDED)).map(({ outcome }) => outcome));
      t.now += 23 * HOUR;
    }
    expect(outcomes).toEqual(['accepted', 'suppressed', 'suppressed', 'suppressed']);
  });
});

test('one of which nothing was heard for that long is forgotten', async () => {
  const t = relayUnderTest(config('dedup: { repeats: drop }').replace(/^relay:.*$/m, ''));
  await t.tell([alert('a')]);
  t.now += 24 * HOUR + 1;
  expect(await t.tell([alert('a')], REMINDED)).toMatchObject([{ outcome: 'accepted', reason: 'first' }]);
  expect(await t.tell([ended('a')])).toMatchObject([{ outcome: 'accepted' }]);
});
