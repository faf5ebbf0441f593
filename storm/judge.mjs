// What a storm has left at a vendor, held against what happened to the alerts.

/** An alert that has ended may still have been told of for so long, in seconds. */
const LATE_S = 30;

/** What fired for so long in times when nothing kept it from the vendor must have been seen there, in seconds. */
const SEEN_AFTER_S = 10;

/**
 * lost: something fires and has no open incident, or it fired and never had one: for SEEN_AFTER_S before it was silenced and
 * outside of the times when something kept it from the vendor (`hidden`). stuck: open, and nothing of it fires. extra: incidents
 * beyond the first of each time that it fired. repeats: triggers of an open incident that said nothing new. Each with the names
 * of those that it concerns, once for each.
 */
export function judge({ alerts, incidents, per, startedAt, nowS, hidden }) {
  const units = per === 'group' ? eachGroup(alerts) : eachAlert(alerts);
  const named = groupBy(incidents, (incident) => nameOf(incident, per));
  const found = {
    lost: [],
    stuck: [],
    extra: [...named.keys()].filter((name) => !units.has(name)),
    repeats: [],
  };
  for (const [name, { fires, told }] of units) {
    const lives = (named.get(name) ?? []).map((incident) => lifeOf(incident, startedAt));
    const begun = fires.filter(({ startS }) => startS <= nowS);
    const isFiring = begun.some(({ endS }) => endS > nowS);
    const isOpen = lives.some(({ endS }) => endS === Number.POSITIVE_INFINITY);
    const unseen = told.filter((time, i) => isUnseen(time, told[i + 1], lives, nowS, hidden)).length;
    const counts = {
      lost: unseen + Number(isFiring && !isOpen),
      stuck: Number(isOpen && !isFiring),
      extra: extraOf(lives, told),
      repeats: sum(lives.map(({ triggers }) => triggers.filter(({ isSame }) => isSame).length)),
    };
    for (const [what, number] of Object.entries(counts)) found[what].push(...Array(number).fill(name));
  }
  return found;
}

/**
 * Whether it is over, must have been seen, and was not: what was opened after the next one began is not of this one, nor is what
 * was opened before this one, unless it was open to its end.
 */
function isUnseen({ startS, endS }, next, lives, nowS, hidden) {
  const overlap = (time) => Math.max(0, Math.min(endS, time.endS) - Math.max(startS, time.startS));
  const visibleS = endS - startS - sum(union(hidden).map(overlap));
  if (endS > nowS || visibleS < SEEN_AFTER_S) return false;
  const untilS = Math.min(endS + LATE_S, next?.startS ?? Number.POSITIVE_INFINITY);
  return !lives.some((life) => (life.startS < startS ? life.endS >= endS : life.startS <= untilS));
}

/**
 * How many are not the first of the newest firing that had begun when they were opened: firings that were merged into an
 * incident, or told to nobody, excuse none of another one's. One clock tells when it fires and when the vendor is told of it.
 */
function extraOf(lives, told) {
  const firings = lives.map((life) => told.findLastIndex(({ startS }) => startS <= life.startS));
  return firings.filter((firing, i) => firing === -1 || firings.indexOf(firing) < i).length;
}

/** Each alert that the vendor is to be told of, when it fires, and when Alertmanager tells of that. */
function eachAlert(alerts) {
  return new Map(
    alerts
      .filter(isTold)
      .map((alert) => [alert.labels.instance, { fires: alert.fires, told: toldOf(alert) }]),
  );
}

function toldOf({ fires, silencedS = Number.POSITIVE_INFINITY }) {
  return fires.map(({ startS, endS }) => ({ startS, endS: Math.min(endS, silencedS) }));
}

/** Each group of them, and when any of it fires. */
function eachGroup(alerts) {
  const groups = groupBy(alerts.filter(isTold), ({ labels }) => labels.alertname);
  return new Map(
    Array.from(groups, ([name, own]) => [
      name,
      { fires: union(own.flatMap(({ fires }) => fires)), told: union(own.flatMap(toldOf)) },
    ]),
  );
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
