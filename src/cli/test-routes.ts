import { mutedAt } from '../route/muted.ts';
import { matchRoutes, type Route } from '../route/route.ts';
import { parseLabels } from './label-argument.ts';
import { loadConfig } from './load-config.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface TestRoutesOptions {
  readonly file: string;
  /** As `team=db`. */
  readonly labels: readonly string[];
  /** When the time intervals are looked at, in ms since the epoch. */
  readonly atMs: number;
  /** The receivers that are expected, as `a,b`: in order, and by the names that the config has. */
  readonly expected?: string;
}

/**
 * Prints the receivers of an alert with these labels as `amtool config routes test` does: in order, joined by commas.
 * 1 when others are expected. Those that are muted are told of on stderr, for they match all the same.
 */
export async function testRoutes(options: TestRoutesOptions, terminal: Terminal): Promise<ExitCode> {
  const labels = parseLabels(options.labels);
  if (labels instanceof Error) {
    terminal.stderr.write(`${labels.message}\n`);
    return 2;
  }
  const config = await loadConfig(options.file, terminal);
  if (config === undefined) return 1;
  const routes = matchRoutes(config.route, labels);
  const receivers = routes.map(({ receiver }) => receiver).join(',');
  terminal.stdout.write(`${receivers}\n`);
  for (const route of routes) terminal.stderr.write(printMuted(route, options.atMs));
  if (options.expected === undefined || options.expected === receivers) return 0;
  terminal.stderr.write(`expected ${options.expected}, but these labels go to ${receivers}\n`);
  return 1;
}

/** A line on why the route sends nothing at that time; empty when it does. */
function printMuted(route: Route, ms: number): string {
  const muted = mutedAt(route, ms);
  if (muted === undefined) return '';
  const names = muted.intervals.join(', ');
  const why =
    muted.reason === 'mute_time_interval'
      ? `within mute_time_intervals ${names}`
      : `outside active_time_intervals ${names}`;
  return `${route.receiver} is muted at ${new Date(ms).toISOString()}: ${why}\n`;
}
