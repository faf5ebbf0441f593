import { afterAll, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { anyCommand } from './commands.ts';
import { createWorlds, type Setting } from './world.ts';

/** `npm run test:model` asks for more of them, from another seed each time. */
const RUNS = Number(process.env.MODEL_RUNS ?? 300);
const SEED = Number(process.env.MODEL_SEED ?? 20_261_127);

jest.setTimeout(3_600_000);

const anySetting: fc.Arbitrary<Setting> = fc
  .record({
    relays: fc.constantFrom(1, 2),
    route: fc.array(fc.nat(1), { minLength: 1, maxLength: 6 }),
    incidentPer: fc.constantFrom('alert', 'labels', 'group'),
    holdResolve: fc.boolean(),
    hasFallback: fc.boolean(),
    hasSecond: fc.boolean(),
    onMuted: fc.constantFrom('keep', 'acknowledge', 'resolve'),
    isWatched: fc.boolean(),
    isStartless: fc.boolean(),
    lagMs: fc.constantFrom(0, 0, 1_000, 5_000, 30_000),
  })
  .filter(isPromised);

/** docs/replicas.md, Without a store: what is to be used with several replicas only where they look at Alertmanager. */
function isPromised({ relays, isWatched, incidentPer, holdResolve, hasFallback }: Setting): boolean {
  return relays === 1 || isWatched || !(incidentPer === 'labels' || holdResolve || hasFallback);
}

const worlds = createWorlds();
const startedAt = Date.now();
afterAll(() => {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  if (process.env.MODEL_RUNS !== undefined) {
    process.stdout.write(`${RUNS} sequences, seed ${SEED}, ${seconds} s\n`);
  }
});

test('whatever happens, when all is well again the vendor has what Alertmanager has, once', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySetting,
      fc.commands(anyCommand, { maxCommands: 30, size: 'max' }),
      async (setting, commands) => {
        const world = worlds.create(setting);
        try {
          await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
          await world.settle();
          const faults = world.faults();
          // With all that was sent, for what is wrong at the end began somewhere in between.
          if (faults.length > 0) throw new Error([...faults, ...world.vendor.history].join('\n'));
        } finally {
          world.end();
        }
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});
