// What happens to the alerts in a storm, and when: the same for the same seed. Times are in seconds from its start.

/** How the kinds of alerts share the whole. */
const SHARES = { plain: 0.55, flapping: 0.2, silenced: 0.1, quiet: 0.05, steady: 0.1 };
/** How many alerts of a kind share a name, and so a group at Alertmanager. */
const GROUP_SIZE = 15;
const TEAMS = ['a', 'b', 'c', 'd'];

/** The phases of a storm of this length. */
export function phases(lengthS) {
  const at = (share) => Math.round(lengthS * share);
  const outage = { startS: at(0.3), lastsS: Math.min(20, at(0.2)) };
  const kills = [
    { replica: 0, startS: at(0.34), lastsS: 8 },
    { replica: 1, startS: at(0.6), lastsS: 8 },
  ];
  return {
    lengthS,
    /** All alerts have begun by then, and have ended by then. */
    begunS: at(0.35),
    endedS: at(0.9),
    outage,
    /** One replica is killed in the outage, the other one later; each comes back. */
    kills,
    /**
     * When something keeps alerts from the vendor: until the breaker is closed again and Alertmanager has had its next try. While
     * one replica is killed there is the other one.
     */
    hidden: [{ startS: outage.startS, endS: outage.startS + outage.lastsS + 12 }],
  };
}

/**
 * Each alert with its labels, the times that it fires, and the time from which it is silenced, if it is.
 *
 * plain: fires once. flapping: two or three times. silenced: is silenced while it fires, and ends under the silence.
 * quiet: is silenced before it fires. steady: fires to the end.
 */
export function timeline({ alerts, seed, lengthS }) {
  const random = randomFrom(seed);
  const { begunS, endedS } = phases(lengthS);
  const between = (from, to) => from + random() * (to - from);
  return Object.entries(SHARES).flatMap(([kind, share]) =>
    Array.from({ length: Math.round(alerts * share) }, (_, i) => {
      const group = Math.floor(i / GROUP_SIZE);
      const labels = {
        alertname: `${kind}-${group}`,
        instance: `${kind}-${i}`,
        team: TEAMS[group % TEAMS.length],
        severity: ['critical', 'warning', 'info'][i % 3],
      };
      const startS = between(2, begunS);
      return { kind, labels, ...COURSES[kind](startS, { between, begunS, endedS, lengthS }) };
    }),
  );
}

const COURSES = {
  plain: (startS, { between, endedS }) => ({ fires: [{ startS, endS: between(startS + 10, endedS) }] }),
  flapping(startS, { between, endedS }) {
    const fires = [];
    for (let from = startS; from < endedS - 10 && fires.length < 3; ) {
      const endS = Math.min(between(from + 3, from + 40), endedS);
      fires.push({ startS: from, endS });
      from = between(endS + 3, endS + 20);
    }
    return { fires };
  },
  silenced(startS, { between, begunS, endedS }) {
    const silencedS = between(begunS + 15, begunS + 25);
    return { fires: [{ startS, endS: between(silencedS + 5, endedS) }], silencedS };
  },
  quiet: (startS, { between, endedS }) => ({
    fires: [{ startS, endS: between(startS + 10, endedS) }],
    silencedS: 0,
  }),
  steady: (startS) => ({ fires: [{ startS, endS: Number.POSITIVE_INFINITY }] }),
};

/** mulberry32: numbers from 0 to 1 that follow from the seed. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
