import { afterAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { type AlertmanagerModel, fingerprintOf, YOUNG_MS } from './alertmanager-model.ts';
import { anyCommand } from './commands.ts';
import { PRIMARY } from './configs.ts';
import { anySetting } from './settings.ts';
import { createWorlds, type Setting, type World } from './world.ts';

/** `npm run test:model` asks for more of them, from another seed each time. */
const RUNS = Number(process.env.MODEL_RUNS ?? 300);
const SEED = Number(process.env.MODEL_SEED ?? 20_261_127);

jest.setTimeout(3_600_000);

const worlds = createWorlds();
const startedAt = Date.now();
afterAll(() => {
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  if (process.env.MODEL_RUNS !== undefined) {
    process.stdout.write(`${RUNS} sequences, seed ${SEED}, ${seconds} s\n`);
  }
});

/** What is amiss when that has happened and all is well again; with all that was sent, for it began somewhere in between. */
async function faultsAfter(
  setting: Setting,
  happen: (world: World) => Promise<unknown>,
): Promise<readonly string[]> {
  const world = worlds.create(setting);
  try {
    await happen(world);
    await world.settle();
    const faults = world.faults();
    return faults.length === 0 ? [] : [...faults, ...world.vendor.history];
  } finally {
    world.end();
  }
}

test('whatever happens, when all is well again the vendor has what Alertmanager has, once', async () => {
  await fc.assert(
    fc.asyncProperty(
      anySetting,
      fc.commands(anyCommand, { maxCommands: 30, size: 'max' }),
      async (setting, commands) => {
        const faults = await faultsAfter(setting, (world) =>
          fc.asyncModelRun(() => ({ model: {}, real: world }), commands),
        );
        if (faults.length > 0) throw new Error(faults.join('\n'));
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});

/** One relay of one receiver, that looks at Alertmanager. */
const PLAIN: Setting = {
  relays: 1,
  route: [0],
  incidentPer: 'alert',
  holdResolve: false,
  hasFallback: false,
  hasSecond: false,
  onMuted: 'keep',
  mute: undefined,
  isWatched: true,
  hasStore: false,
  forgets: 'alertmanager',
  isStartless: false,
  lagMs: 0,
};

describe.each(['alert', 'labels', 'group'] as const)('with an incident per %s', (incidentPer) => {
  const setting: Setting = { ...PLAIN, incidentPer };

  // These histories are too long to be met often by chance.
  const firedBefore = async ({ alertmanager, pass }: World) => {
    for (const happen of [alertmanager.fire, alertmanager.end]) {
      happen(0);
      alertmanager.flush('A');
      await pass(1_000);
    }
  };

  test.each([false, true])(
    'what ends between a delivery whose answers were lost and the next look is over (fired before: %s)',
    async (hasFired) => {
      const faults = await faultsAfter(setting, async (world) => {
        const { alertmanager, vendor } = world;
        await world.pass(1_000);
        if (hasFired) await firedBefore(world);
        vendor.fail('primary', 'lost', 1_000);
        alertmanager.fire(0);
        alertmanager.flush('A');
        await world.pass(20_000);
        alertmanager.end(0);
      });
      expect(faults).toEqual([]);
    },
  );

  test.each(['lost', 'reset'] as const)(
    'what fires again, is not known to be taken (%s) and Alertmanager, killed, takes for told is opened all the same',
    async (fault) => {
      const faults = await faultsAfter(setting, async (world) => {
        const { alertmanager, vendor } = world;
        await firedBefore(world);
        vendor.fail('primary', fault, 1_000);
        alertmanager.fire(0);
        alertmanager.flush('A');
        // With a look at Alertmanager in it.
        await world.pass(40_000);
        alertmanager.kill(1);
      });
      expect(faults).toEqual([]);
    },
  );

  test.each([
    ['lost its end', 1_000, 1],
    ['was telling of its end', 10, 0],
  ])('what fires again after Alertmanager was killed and %s is opened again', async (_, afterMs, unsaved) => {
    const faults = await faultsAfter(setting, async (world) => {
      const { alertmanager } = world;
      alertmanager.fire(0);
      alertmanager.flush('A');
      await world.pass(1_000);
      alertmanager.end(0);
      alertmanager.flush('A');
      await world.pass(afterMs);
      alertmanager.kill(unsaved);
      await world.pass(1_000);
      alertmanager.fire(0);
    });
    expect(faults).toEqual([]);
  });

  test.each(['limited', undefined] as const)(
    'what fires again, is adopted untold (%s) and Alertmanager, killed, takes for told is opened all the same',
    async (fault) => {
      const faults = await faultsAfter(setting, async (world) => {
        const { alertmanager, vendor } = world;
        await firedBefore(world);
        if (fault !== undefined) vendor.fail('primary', fault, 1_000);
        alertmanager.fire(0);
        if (fault !== undefined) alertmanager.flush('A');
        // With a look at Alertmanager in it.
        await world.pass(40_000);
        alertmanager.kill(1);
      });
      expect(faults).toEqual([]);
    },
  );

  test.each([
    ['was held', { holdResolve: true }],
    ['was owed', { hasFallback: true }],
  ])(
    'what fires again after an end that %s when Alertmanager was killed and lost it is opened',
    async (_, delayed) => {
      const faults = await faultsAfter({ ...setting, ...delayed }, async (world) => {
        const { alertmanager, vendor } = world;
        alertmanager.fire(0);
        alertmanager.flush('A');
        await world.pass(1_000);
        vendor.fail('primary', 'down', 1_000);
        alertmanager.end(0);
        alertmanager.flush('A');
        await world.pass(20_000);
        alertmanager.kill(1);
        await world.pass(3 * 60_000);
        vendor.mend();
        await world.pass(3 * 60_000);
        alertmanager.fire(0);
      });
      expect(faults).toEqual([]);
    },
  );

  test.each([false, true])(
    'what a process that died may have opened again and nobody tells the end of is ended (with a store: %s)',
    async (hasStore) => {
      const faults = await faultsAfter({ ...setting, hasStore, forgets: 'relays' }, async (world) => {
        const { alertmanager } = world;
        await world.pass(YOUNG_MS);
        await firedBefore(world);
        alertmanager.fire(0);
        alertmanager.flush('A');
        await world.pass(10);
        alertmanager.end(0);
        await world.restart(0);
      });
      expect(faults).toEqual([]);
    },
  );

  test("a lagging peer's late end of one alert does not end what another one of its group has begun since", async () => {
    const faults = await faultsAfter(setting, async (world) => {
      const { alertmanager } = world;
      for (const happen of [
        () => alertmanager.fire(0),
        () => alertmanager.end(0),
        () => alertmanager.fire(1),
      ]) {
        happen();
        alertmanager.flush('A');
        await world.pass(5_000);
      }
      alertmanager.repeatLate('A', 1);
    });
    expect(faults).toEqual([]);
  });
});

describe.each([false, true])(
  'what a lagging peer says to another relay (they share a store: %s)',
  (hasStore) => {
    /** Each of these happens and is told; then the other relay is told late what was said before the last of them. */
    const faultsOf = (
      own: Partial<Setting>,
      changesOf: (alertmanager: AlertmanagerModel) => readonly (() => void)[],
      beforeLate = (_world: World) => {},
    ) =>
      faultsAfter(
        { ...PLAIN, relays: 2, route: [0, 0, 1], hasStore, forgets: 'relays', ...own },
        async (world) => {
          const { alertmanager, pass } = world;
          await pass(YOUNG_MS);
          for (const change of changesOf(alertmanager)) {
            change();
            alertmanager.flush('A');
            await pass(5_000);
          }
          beforeLate(world);
          alertmanager.repeatLate('A', 1);
        },
      );

    test('does not end a group of which another alert has begun', async () => {
      const faults = await faultsOf({ incidentPer: 'group' }, ({ fire, end }) => [
        () => fire(0),
        () => end(0),
        () => fire(1),
      ]);
      expect(faults).toEqual([]);
    });

    test.each(['alert', 'labels', 'group'] as const)(
      'does not end what has begun again without a start (per %s)',
      async (incidentPer) => {
        const faults = await faultsOf({ incidentPer, isStartless: true }, ({ fire, end }) => [
          () => fire(0),
          () => end(0),
          () => fire(0),
        ]);
        expect(faults).toEqual([]);
      },
    );

    test('opens nothing that is over when the store was emptied', async () => {
      const happen = ({ fire, end }: AlertmanagerModel) => [() => fire(0), () => end(0)];
      expect(await faultsOf({}, happen, (world) => world.emptyStore())).toEqual([]);
    });
  },
);

describe.each([1, 2] as const)('with %d relays', (relays) => {
  const setting: Setting = { ...PLAIN, relays, hasFallback: true, onMuted: 'resolve', isStartless: true };

  test.each([true, false])(
    'what was muted while its receiver was down pages when it is heard again (told of before: %s)',
    async (isTold) => {
      const faults = await faultsAfter(setting, async (world) => {
        const { alertmanager, vendor } = world;
        vendor.fail(PRIMARY, 'down', 1_000);
        alertmanager.fire(0);
        if (isTold) alertmanager.flush('A');
        await world.pass(30_000);
        alertmanager.silence(0);
        await world.pass(90_500);
        alertmanager.unsilence(0);
      });
      expect(faults).toEqual([]);
    },
  );
});

test('a fallback does not keep what fires on when what it was told last has ended elsewhere', async () => {
  const setting: Setting = {
    ...PLAIN,
    ...{ relays: 2, route: [0, 1, 1, 0, 1], incidentPer: 'group', hasFallback: true },
  };
  const faults = await faultsAfter(setting, async ({ alertmanager, vendor, pass }) => {
    const fire = async (alert: number, ms: number) => {
      alertmanager.fire(alert);
      alertmanager.flush('A');
      await pass(ms);
    };
    await fire(1, 10_000);
    vendor.fail('primary', 'down', 1_000);
    await fire(2, 9_500);
    alertmanager.restart();
    await fire(0, 9_500);
    vendor.mend();
    alertmanager.end(0);
  });
  expect(faults).toEqual([]);
});

test('an end that one relay keeps back does not close what fires again, as another one was told by a young Alertmanager', async () => {
  const world = worlds.create({ ...PLAIN, relays: 2, route: [0, 0, 1], holdResolve: true });
  const { alertmanager, vendor, pass } = world;
  try {
    await pass(YOUNG_MS);
    alertmanager.restart();
    for (const happen of [alertmanager.fire, alertmanager.end, alertmanager.fire]) {
      happen(0);
      alertmanager.flush('A');
      await pass(5_000);
    }
    await world.settle();
    expect(vendor.opened(PRIMARY, fingerprintOf(0))).toBe(1);
    alertmanager.end(0);
    await world.settle();
    expect(world.faults()).toEqual([]);
  } finally {
    world.end();
  }
});
