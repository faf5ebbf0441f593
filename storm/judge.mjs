// What a storm has left at a vendor, held against what happened to the alerts.

/** An alert that has ended may still have been told of for so long, in seconds. */
const LATE_S = 30;

/**
 * lost: something fires and has no open incident, or has fired for long and never had one. stuck: open, and nothing of it
 * fires. extra: more incidents than times that it fired. repeats: triggers of an open incident that said nothing new.
 * Each with the names of those that it concerns, once for each.
 */
export function judge({ alerts, incidents, per, startedAt, nowS, seenAfterS }) {
  const units = per === 'group' ? eachGroup(alerts) : eachAlert(alerts);
  const named = groupBy(incidents, (incident) => nameOf(incident, per));
  const found = {
    lost: [],
    stuck: [],
    extra: [...named.keys()].filter((name) => !units.has(name)),
    repeats: [],
  };
  for (const [name, fires] of units) {
    const lives = (named.get(name) ?? []).map((incident) => lifeOf(incident, startedAt));
    const begun = fires.filter(({ startS }) => startS <= nowS);
    const counts = {
      ...howItStands(begun, lives, nowS, seenAfterS),
      extra: Math.max(0, lives.length - begun.length),
      repeats: sum(lives.map(({ triggers }) => triggers.filter(({ isSame }) => isSame).length)),
    };
    for (const [what, number] of Object.entries(counts)) found[what].push(...Array(number).fill(name));
  }
  return found;
}

/** How often it is lost or stuck. */
function howItStands(begun, lives, nowS, seenAfterS) {
  const isFiring = begun.some(({ endS }) => endS > nowS);
  const isOpen = lives.some(({ endS }) => endS === Number.POSITIVE_INFINITY);
  const unseen = begun.filter(
    ({ startS, endS }) =>
      endS <= nowS &&
      endS - startS >= seenAfterS &&
      !lives.some((life) => life.startS <= endS + LATE_S && life.endS >= startS),
  );
  return { lost: unseen.length + Number(isFiring && !isOpen), stuck: Number(isOpen && !isFiring) };
}

/** Each alert that the vendor is to be told of, and when it fires. */
function eachAlert(alerts) {
  return new Map(alerts.filter(isTold).map(({ labels, fires }) => [labels.instance, fires]));
}

/** Each group of them, and when any of it fires. */
function eachGroup(alerts) {
  const groups = groupBy(alerts.filter(isTold), ({ labels }) => labels.alertname);
  return new Map(Array.from(groups, ([name, own]) => [name, union(own.flatMap(({ fires }) => fires))]));
}

/** What is silenced before it fires is told to nobody. */
function isTold({ silencedS }) {
  return silencedS !== 0;
}

function union(times) {
  const joined = [];
  for (const time of times.toSorted((a, b) => a.startS - b.startS)) {
    const last = joined.at(-1);
    if (last !== undefined && time.startS <= last.endS) last.endS = Math.max(last.endS, time.endS);
    else joined.push({ ...time });
  }
  return joined;
}

function nameOf({ vendor, event }, per) {
  const labels = vendor === 'pagerduty' ? event.payload.custom_details.labels : event.details;
  return per === 'group' ? labels.alertname : labels.instance;
}

/** From when to when it was open, and its triggers, in seconds. */
function lifeOf({ status, history }, startedAt) {
  const at = (entry) => (Date.parse(entry.at) - startedAt) / 1000;
  return {
    startS: at(history[0]),
    endS: status === 'open' ? Number.POSITIVE_INFINITY : at(history.at(-1)),
    triggers: history
      .filter(({ action }) => action === 'trigger')
      .map((entry) => ({ isSame: entry.unchanged === true })),
  };
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
