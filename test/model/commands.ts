import fc from 'fast-check';
import { ALERTS, GROUPS } from './alertmanager-model.ts';
import { FALLBACK, PRIMARY, SECOND } from './configs.ts';
import { anyReloadable, isPromised } from './settings.ts';
import { FAULTS } from './vendor-model.ts';
import type { World } from './world.ts';

/** Something that happens in a world. There is no model beside it: what must hold is asked of the world itself. */
type Command = fc.AsyncCommand<object, World>;

function command(name: string, run: (world: World) => Promise<void> | void): Command {
  return { check: () => true, run: async (_model, world) => run(world), toString: () => name };
}

const anyAlert = fc.nat(ALERTS.length - 1);
const anyGroup = fc.constantFrom(...GROUPS);
const anyRelay = fc.nat(1);
const anyTime = fc.constantFrom(10, 100, 1_000, 5_000, 30_000, 120_000);

/** Everything that can happen, the usual more often than the rest. */
export const anyCommand: fc.Arbitrary<Command>[] = [
  ...twice(
    anyAlert.map((alert) => command(`fire(${alert})`, ({ alertmanager }) => alertmanager.fire(alert))),
  ),
  ...twice(anyAlert.map((alert) => command(`end(${alert})`, ({ alertmanager }) => alertmanager.end(alert)))),
  ...twice(
    anyGroup.map((group) => command(`flush(${group})`, ({ alertmanager }) => alertmanager.flush(group))),
  ),
  ...twice(anyTime.map((ms) => command(`pass(${ms})`, (world) => world.pass(ms)))),
  anyAlert.map((alert) =>
    command(`silence(${alert})`, ({ setting, alertmanager }) => {
      if (setting.isWatched) alertmanager.silence(alert);
    }),
  ),
  anyAlert.map((alert) =>
    command(`unsilence(${alert})`, ({ alertmanager }) => alertmanager.unsilence(alert)),
  ),
  fc
    .tuple(anyGroup, fc.nat(2))
    .map(([group, ago]) =>
      command(`repeatLate(${group}, ${ago})`, ({ alertmanager }) => alertmanager.repeatLate(group, ago)),
    ),
  fc
    .tuple(
      fc.constantFrom(PRIMARY, SECOND, FALLBACK),
      fc.constantFrom(...FAULTS),
      fc.constantFrom(1, 3, 1_000),
    )
    .map(([account, fault, times]) =>
      command(`fail(${account}, ${fault}, ${times})`, ({ vendor }) => vendor.fail(account, fault, times)),
    ),
  fc.constant(command('mend()', ({ vendor }) => vendor.mend())),
  fc.oneof(
    fc
      .tuple(anyRelay, fc.boolean())
      .map(([relay, isUp]) =>
        command(`reachStore(${relay}, ${isUp})`, (world) => world.reachStore(relay, isUp)),
      ),
    fc.constant(command('emptyStore()', (world) => world.emptyStore())),
  ),
  anyRelay.map((relay) => command(`restart(${relay})`, (world) => world.restart(relay))),
  anyReloadable.map((change) =>
    command(`reload(${fc.stringify(change)})`, (world) => {
      if (isPromised({ ...world.setting, ...change })) world.reload(change);
    }),
  ),
  fc.constant(
    command('restartAlertmanager()', ({ setting, alertmanager }) => {
      if (mayRestart(setting)) alertmanager.restart();
    }),
  ),
  fc.integer({ min: 1, max: 4 }).map((unsaved) =>
    command(`killAlertmanager(${unsaved})`, ({ setting, alertmanager }) => {
      if (mayRestart(setting) && setting.forgets === 'alertmanager') alertmanager.kill(unsaved);
    }),
  ),
];

/** A relay that has closed what another one was told of meanwhile cannot tell without a start (docs/adr/0012-reconciliation.md). */
function mayRestart({ isWatched, isStartless, relays }: World['setting']): boolean {
  return isWatched && !(isStartless && relays === 2);
}

function twice<T>(arbitrary: T): [T, T] {
  return [arbitrary, arbitrary];
}
