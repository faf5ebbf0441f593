import type { Receiver } from '../config/compile.ts';
import { drawRoutes } from '../route/draw-routes.ts';
import { loadConfig } from './load-config.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** Draws a config's route tree, and below it what each receiver sends to. */
export async function showRoutes(file: string, terminal: Terminal): Promise<ExitCode> {
  const config = await loadConfig(file, terminal);
  if (config === undefined) return 1;
  const receivers = [...config.receivers.values()].map(printReceiver).join('');
  terminal.stdout.write(`Routing tree:\n${drawRoutes(config.route)}\nReceivers:\n${receivers}`);
  return 0;
}

function printReceiver({ name, integrations }: Receiver): string {
  const names = integrations.map((integration) => integration.name).join(', ');
  return `  ${name}: ${names === '' ? 'takes alerts and sends nothing' : names}\n`;
}
