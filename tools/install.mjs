// What the scripts that run on a bare clone share: packages and build, brought up to date only where they are not.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const modified = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

function run(command, args) {
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Installs the locked packages, unless those of this lock file are there. */
export function installPackages() {
  if (modified('node_modules/.package-lock.json') >= modified('package-lock.json')) return;
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Builds dist/, unless it is newer than every source. */
export function build() {
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) =>
    modified(join('src', name)),
  );
  if (existsSync(join(root, 'dist/main.js')) && modified('dist/main.js') > Math.max(...sources)) return;
  run('npm', ['run', '--silent', 'build']);
}
