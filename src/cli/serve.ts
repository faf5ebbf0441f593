import { createApp } from '../app.ts';
import { printProblem } from '../config/problem.ts';
import { batched } from '../observe/batched.ts';
import { createLogger, type LogFormat, type LogLevel } from '../observe/log.ts';
import { type ListenAddress, printListenAddress } from './listen-address.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface ServeOptions {
  readonly configFile: string;
  readonly listen: ListenAddress;
  readonly listenForOperators?: ListenAddress | undefined;
  readonly webConfigFile?: string | undefined;
  readonly maxConnections: number;
  readonly reloadEveryMs: number;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly version: string;
}

/**
 * Runs the daemon until it is told to stop. SIGTERM: readiness says no, webhooks are still taken for the drain time, what
 * is under way ends, exit. SIGINT, from a terminal: the same without the drain time. A second one ends it at once. SIGHUP: reload.
 */
export async function serve(options: ServeOptions, terminal: Terminal): Promise<ExitCode> {
  const { logLevel, logFormat, listen, version, ...given } = options;
  const lines = batched(terminal.stdout);
  const log = createLogger({
    level: logLevel,
    format: logFormat,
    write: lines.write,
    now: terminal.now,
  });
  const stopSignal = firstSignal(terminal);
  const app = await createApp({
    ...given,
    listen,
    version,
    env: terminal.env,
    log,
    setLogLevel: (level = logLevel) => log.setLevel(level),
    now: terminal.now,
  });
  if ('length' in app) {
    terminal.stderr.write(`${app.map(printProblem).join('\n')}\n`);
    return 1;
  }
  let addresses: readonly { readonly address: string; readonly port: number }[];
  try {
    addresses = await app.start();
  } catch (error) {
    const { code = String(error), port } = error as NodeJS.ErrnoException & { readonly port?: number };
    const asked = [listen, given.listenForOperators].find((address) => address?.port === port) ?? listen;
    terminal.stderr.write(`cannot listen on ${printListenAddress(asked)}: ${code}\n`);
    return 1;
  }
  const [address, operators] = addresses.map(({ address: host, port }) => printListenAddress({ host, port }));
  log.info('listening', { address, ...(operators === undefined ? {} : { operators }), version });

  const stopReloading = terminal.onSignal(['SIGHUP'], () => {
    app.reload().catch((error) => log.error('the config cannot be loaded', { error: String(error) }));
  });
  const signal = await stopSignal;
  log.info('stopping', { signal });
  const ended = await Promise.race([
    app.stop({ drain: signal === 'SIGTERM' }).then(() => 'stopped'),
    firstSignal(terminal).then(() => 'stopped at once'),
  ]);
  stopReloading();
  log.info(ended);
  lines.flush();
  return 0;
}

function firstSignal(terminal: Terminal): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = terminal.onSignal(['SIGTERM', 'SIGINT'], (signal) => {
      stop();
      resolve(signal);
    });
  });
}
