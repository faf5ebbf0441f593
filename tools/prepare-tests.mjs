// Before `npm test`: packages, build, and the real programs that the tests talk to, from Debian's packages.
import { execFileSync, spawnSync } from 'node:child_process';
import { installHelm } from './helm.mjs';
import { build, installPackages } from './install.mjs';

const PROGRAMS = [
  { command: 'prometheus-alertmanager', package: 'prometheus-alertmanager' },
  { command: 'redis-server', package: 'redis-server' },
  { command: 'promtool', package: 'prometheus' },
  { command: 'unzip', package: 'unzip' },
  { command: 'jsonnet', package: 'jsonnet' },
];

const isThere = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

function installPrograms() {
  const missing = PROGRAMS.filter(({ command }) => !isThere(command)).map((program) => program.package);
  if (missing.length === 0 || !isThere('apt-get')) return;
  const asRoot = process.getuid?.() === 0 ? [] : isThere('sudo') ? ['sudo', '-n'] : undefined;
  if (asRoot === undefined) return;
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, 'apt-get', '-qq', ...args];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], env });
  };
  try {
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...missing);
  } catch (error) {
    // The tests that need them say so: skipped, or failed with CI=true.
    console.error(
      `could not install ${missing.join(', ')}: ${String(error.stderr ?? error)
        .trim()
        .split('\n')
        .at(-1)}`,
    );
  }
}

installPackages();
build();
installPrograms();
try {
  installHelm();
} catch (error) {
  console.error(`could not install helm: ${String(error).split('\n')[0]}`);
}
