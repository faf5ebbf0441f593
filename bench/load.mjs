// Posts webhooks in a closed loop and measures how long each took.
import { Pool } from 'undici';

let next = 0;
let rounds = 0;

function alert(number, startsAt = '2026-01-01T00:00:00.123456789Z') {
  const id = number.toString(16).padStart(16, '0');
  return {
    status: 'firing',
    labels: {
      alertname: 'HighErrorRate',
      cluster: 'eu-1',
      instance: `web-${id}.example.com:9100`,
      job: 'web',
      namespace: 'shop',
      severity: 'critical',
      team: 'platform',
    },
    annotations: {
      summary: `Error rate of web-${id} is above 5%`,
      description: 'More than 5% of the requests of the last five minutes have failed.\nSee the runbook.',
      runbook_url: 'https://runbooks.example.com/HighErrorRate',
    },
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example.com/graph?g0.expr=errors&g0.tab=1',
    fingerprint: id,
  };
}

/** A webhook as Alertmanager 0.34 posts it, its alerts never seen before. */
export function webhook(alertCount) {
  return bodyOf(Array.from({ length: alertCount }, () => alert(next++)));
}

/** How many alerts there have been. */
export const alertsSoFar = () => next;

/** A webhook of an alert that there has been, which fires anew: each time since a ms later. */
function again(number) {
  return bodyOf([alert(number, new Date(Date.UTC(2026, 0, 2) + ++rounds).toISOString())]);
}

/** A prime: the alerts that fire anew are spread over all that there have been. */
const STRIDE = 7_919;

/** Posts webhooks one after the other, each of another of `count` alerts from `first` on, firing anew. */
export async function loadAgain(origin, webhooks, first, count) {
  const pool = new Pool(origin, { connections: 1 });
  for (let i = 0; i < webhooks; i++) {
    const status = await post(pool, again(first + ((rounds * STRIDE) % count)));
    if (status !== 200) throw new Error(`answered ${status}`);
  }
  await pool.close();
}

/** Alerts that fire from now on, in a webhook; `end` gives the one that tells of their end now. */
export function episode(numbers) {
  const alerts = numbers.map((number) => alert(number, new Date().toISOString()));
  const end = () =>
    bodyOf(alerts.map((own) => ({ ...own, status: 'resolved', endsAt: new Date().toISOString() })));
  return { fires: bodyOf(alerts), end };
}

function bodyOf(alerts) {
  return JSON.stringify({
    receiver: 'pagerelay',
    status: alerts[0].status,
    alerts,
    notification_reason: 'new alerts added',
    groupLabels: { alertname: 'HighErrorRate' },
    commonLabels: { alertname: 'HighErrorRate', cluster: 'eu-1', severity: 'critical' },
    commonAnnotations: {},
    routeLabels: {},
    externalURL: 'http://alertmanager.example.com:9093',
    version: '4',
    groupKey: '{}:{alertname="HighErrorRate"}',
    truncatedAlerts: 0,
  });
}

/** Posts `count` webhooks, `concurrency` at a time. How long it took in all, and each of them, in ms. */
export async function load(origin, count, alertsEach, concurrency) {
  const pool = new Pool(origin, { connections: concurrency });
  const bodies = Array.from({ length: Math.min(count, 2000) }, () => webhook(alertsEach));
  const latencies = [];
  let sent = 0;
  const startedAt = performance.now();
  const lane = async () => {
    while (sent < count) {
      const body = sent++ < bodies.length ? bodies[sent - 1] : webhook(alertsEach);
      const began = performance.now();
      await post(pool, body);
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const totalMs = performance.now() - startedAt;
  await pool.close();
  return { totalMs, latencies };
}

/** The status, which is 2xx: nginx answers with the vendor's 202. */
async function post(pool, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await pool.request({ method: 'POST', path: '/webhook', headers, body });
  await response.body.dump();
  if (Math.floor(response.statusCode / 100) !== 2) throw new Error(`answered ${response.statusCode}`);
  return response.statusCode;
}
