import { createSandbox } from '../sandbox/sandbox.ts';
import { type ListenAddress, printListenAddress } from './listen-address.ts';
import type { ExitCode, Terminal } from './terminal.ts';

/** Runs the vendors' sandbox until it is told to stop. It listens on loopback addresses only. */
export async function runSandbox(listen: ListenAddress, terminal: Terminal): Promise<ExitCode> {
  if (!/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(listen.host)) {
    terminal.stderr.write('the sandbox accepts any key: it listens on loopback only, as 127.0.0.1:9097\n');
    return 2;
  }
  const server = createSandbox(terminal.now);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(listen.port, listen.host, resolve);
    });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    terminal.stderr.write(`cannot listen on ${printListenAddress(listen)}: ${code}\n`);
    return 1;
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.port;
  terminal.stdout.write(`sandbox listening on http://${printListenAddress({ ...listen, port })}\n`);
  await new Promise<void>((resolve) => {
    const stop = terminal.onSignal(['SIGTERM', 'SIGINT'], () => {
      stop();
      resolve();
    });
  });
  server.close();
  server.closeAllConnections();
  return 0;
}
