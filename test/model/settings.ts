import fc from 'fast-check';
import type { Mute } from './mute.ts';
import type { Reloadable, Setting } from './world.ts';

/** Histories last for minutes. */
const anyMute: fc.Arbitrary<Mute | undefined> = fc.option(
  fc.record({
    of: fc.constantFrom('all', 'shop'),
    minutes: fc.constantFrom<Mute['minutes'][]>(
      [[0, 1]],
      [[0, 3]],
      [[1, 3]],
      [
        [0, 1],
        [2, 4],
      ],
      [[1, 6]],
    ),
  }),
  { nil: undefined },
);

const RELOADABLE = {
  holdResolve: fc.boolean(),
  hasFallback: fc.boolean(),
  mute: anyMute,
};

/** What a reload may change. */
export const anyReloadable: fc.Arbitrary<Reloadable> = fc.record(RELOADABLE);

export const anySetting: fc.Arbitrary<Setting> = fc
  .record({
    relays: fc.constantFrom(1, 2),
    route: fc.array(fc.nat(1), { minLength: 1, maxLength: 6 }),
    incidentPer: fc.constantFrom('alert', 'labels', 'group'),
    ...RELOADABLE,
    hasSecond: fc.boolean(),
    onMuted: fc.constantFrom('keep', 'acknowledge', 'resolve'),
    isWatched: fc.boolean(),
    hasStore: fc.boolean(),
    forgets: fc.constantFrom('relays', 'alertmanager'),
    isStartless: fc.boolean(),
    lagMs: fc.constantFrom(0, 0, 1_000, 5_000, 30_000),
  })
  .filter(isPromised);

/**
 * docs/replicas.md: what is to be used with several replicas only where they look at Alertmanager, or share a store. That does
 * not tell of what one of them keeps back whether it was told before or after what another one was told of an alert without a start.
 */
export function isPromised(setting: Setting): boolean {
  const { relays, isWatched, hasStore, incidentPer, holdResolve, hasFallback, mute, isStartless } = setting;
  const keepsBack = holdResolve || hasFallback || mute !== undefined;
  if (relays === 1 || isWatched) return true;
  return hasStore ? !(keepsBack && isStartless) : !(keepsBack || incidentPer === 'labels');
}
