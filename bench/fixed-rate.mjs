// Posts webhooks at a fixed rate, whether or not the answers keep up: a relay that falls behind cannot hide it.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { webhook } from './load.mjs';

/** The latencies of all webhooks in ms, sorted. One that is sent late counts from when it was due. */
export async function atRate(origin, { perSecond, seconds, alertsEach }) {
  const pool = new Pool(origin, { connections: 64 });
  const count = Math.max(10, Math.round(perSecond * seconds));
  const bodies = Array.from({ length: count }, () => webhook(alertsEach));
  const startedAt = performance.now();
  const post = async (body, i) => {
    const dueAt = startedAt + (i * 1000) / perSecond;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const headers = { 'content-type': 'application/json' };
    const response = await pool.request({ method: 'POST', path: '/webhook', headers, body });
    await response.body.dump();
    // What is refused at once is no fast answer.
    if (Math.floor(response.statusCode / 100) !== 2) throw new Error(`answered ${response.statusCode}`);
    return performance.now() - dueAt;
  };
  const latencies = await Promise.all(bodies.map(post));
  await pool.close();
  return latencies.sort((a, b) => a - b);
}
