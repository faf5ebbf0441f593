import type { SecretSource } from '../notification/secret.ts';
import type { Integration } from '../notify/notifier.ts';
import type { Fault, Path } from './problem.ts';
import { credentialFault, fileSecret, literalSecret, type SecretContext } from './secret-source.ts';

type Settings = Readonly<Record<string, unknown>>;

/** The credential of one integration: exactly one of `x`, `x_file` and `x_env`, else the same three in `global`. */
export function compileCredential(
  { setting, global: globalSetting }: Integration['credential'],
  settings: Settings,
  global: Settings,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): SecretSource {
  const own = given(setting, settings);
  const [name, at, from] =
    own.length === 0 && globalSetting !== undefined
      ? [globalSetting, ['global'], global]
      : [setting, path, settings];
  const [only, ...others] = given(name, from);
  if (only === undefined) {
    const orGlobal = globalSetting === undefined ? '' : `, or global.${globalSetting}`;
    faults.push({
      path,
      message: `no credential: set ${setting}, ${setting}_file or ${setting}_env${orGlobal}`,
      missing: [setting, `${setting}_file`, `${setting}_env`],
    });
    return literalSecret(setting, '');
  }
  if (others.length > 0) {
    faults.push({ path: at, message: `set only one of ${[only, ...others].join(', ')}` });
  }
  const value = String(from[only]);
  if (value === '') faults.push({ path: [...at, only], message: 'must not be empty' });
  if (only === `${name}_file`) return fileSecret(only, value, context);
  const secret = only === name ? value : (context.env[value]?.trim() ?? '');
  const message = secret === '' ? (only === name ? undefined : unset(value)) : credentialFault(secret);
  if (message !== undefined) faults.push({ path: [...at, only], message });
  return literalSecret(only, secret);
}

function unset(variable: string): string {
  // Somebody may have put the key itself where its variable should be named.
  const shown = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(variable) ? variable : '<secret>';
  return `environment variable ${shown} is not set or empty`;
}

function given(name: string, settings: Settings): readonly string[] {
  return [name, `${name}_file`, `${name}_env`].filter((candidate) => settings[candidate] !== undefined);
}
