import type { Secret, SecretSource } from '../notification/secret.ts';
import type { Attempt } from './notifier.ts';

/** What the sources hold now, in their order, or the first error: one is that they did not answer within the attempt's time. */
export async function readSecrets(
  sources: readonly SecretSource[],
  attempt: Attempt,
): Promise<readonly Secret[] | Error> {
  const late = () => new Error(`${sources.map(({ name }) => name).join(', ')} could not be read in time`);
  const readings = sources.map((source) => source.read());
  // No timer where nothing is fetched.
  const found = readings.every((reading): reading is Secret | Error => !(reading instanceof Promise))
    ? readings
    : await inTime(Promise.all(readings), attempt, late);
  if (found instanceof Error) return found;
  const secrets: Secret[] = [];
  for (const secret of found) {
    if (secret instanceof Error) return secret;
    secrets.push(secret);
  }
  return secrets;
}

/** What comes of `work`, or of `late` when the attempt's time is over first: a file can hang as a vendor can. */
export function inTime<Result, Late>(
  work: Promise<Result>,
  { signal, timeoutMs }: Attempt,
  late: () => Late,
): Promise<Result | Late> {
  return new Promise((resolve, reject) => {
    const giveUp = () => settle(late());
    const timer = setTimeout(giveUp, Math.max(1, timeoutMs));
    const settle = (result: Result | Late) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    };
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp);
    work.then(settle, reject);
  });
}
