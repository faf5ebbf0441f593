const UNITS_MS = {
  y: 31_536_000_000,
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/** A Prometheus duration (`1h30m`, `250ms`, `0`) in ms, or undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const found = DURATION.exec(text);
  if (found === null || text === '') return undefined;
  const total = Object.values(UNITS_MS).reduce((sum, unit, i) => sum + unit * Number(found[i + 1] ?? 0), 0);
  return Number.isSafeInteger(total) ? total : undefined;
}

/** A duration of whole ms as Prometheus prints it: with years and weeks only where they come out even. */
export function printDuration(ms: number): string {
  let text = '';
  let rest = ms;
  for (const [unit, size] of Object.entries(UNITS_MS)) {
    if ((unit === 'y' || unit === 'w') && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text === '' ? '0s' : text;
}
