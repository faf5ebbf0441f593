// Tells both Alertmanagers of the alerts, as Prometheus does: what fires again and again, what has ended for a while.

const REPEAT_S = 5;
/** Ended alerts are told of for so long. */
const ENDED_FOR_S = 30;

/** Begins at once; `stop` ends it. */
export function startPrometheus(alertmanagers, alerts, startedAt) {
  let toldS = -1;
  const timer = setInterval(() => {
    const nowS = (Date.now() - startedAt) / 1000;
    const isRound = Math.floor(nowS / REPEAT_S) > Math.floor(toldS / REPEAT_S);
    const isDue = (momentS) =>
      momentS <= nowS && (momentS > toldS || (isRound && momentS > nowS - ENDED_FOR_S));
    const told = alerts.flatMap(({ labels, fires }) => {
      const current = fires.findLast(({ startS }) => startS <= nowS);
      if (current === undefined) return [];
      const { startS, endS } = current;
      const isFiring = endS > nowS;
      if (isFiring ? !(isRound || startS > toldS) : !isDue(endS)) return [];
      const at = (momentS) => new Date(startedAt + momentS * 1000).toISOString();
      return [
        {
          labels,
          annotations: { summary: `${labels.instance} of ${labels.alertname}` },
          startsAt: at(startS),
          endsAt: at(isFiring ? nowS + 4 * REPEAT_S : endS),
        },
      ];
    });
    toldS = nowS;
    if (told.length > 0) for (const url of alertmanagers) void post(`${url}/api/v2/alerts`, told);
  }, 500);
  return { stop: () => clearInterval(timer) };
}

/** Silences the alert with this label at one peer; the other one hears of it by gossip. */
export async function silence(alertmanager, instance) {
  const now = Date.now();
  await post(`${alertmanager}/api/v2/silences`, {
    matchers: [{ name: 'instance', value: instance, isRegex: false, isEqual: true }],
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + 3_600_000).toISOString(),
    createdBy: 'storm',
    comment: 'storm',
  });
}

async function post(url, body) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}
