import type { SecretSource } from '../notification/secret.ts';
import type { Vendor } from '../notify/vendor.ts';
import type { Fault, Path } from './problem.ts';
import {
  fileSecret,
  literalSecret,
  type SecretContext,
  type SecretRules,
  unsetSecret,
  VENDOR_KEY,
} from './secret-source.ts';

type Settings = Readonly<Record<string, unknown>>;

/** The credential of one integration: exactly one of `x`, `x_file` and `x_env`, else the same three in `global`. */
export function compileCredential(
  { setting, global: globalSetting }: Vendor['credential'],
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
  return compileSecret(
    { name: only, kind: kindOf(only), value: String(from[only]), path: [...at, only] },
    VENDOR_KEY,
    context,
    faults,
  );
}

/** Other credentials for the same integration, by the value of a label. */
export interface CredentialsByLabel {
  readonly label: string;
  readonly credentials: ReadonlyMap<string, SecretSource>;
}

/** `x_by`: a credential for each of a label's values; undefined without that setting. */
export function compileCredentialsByLabel(
  setting: string,
  settings: Settings,
  path: Path,
  context: SecretContext,
  faults: Fault[],
): CredentialsByLabel | undefined {
  const by = settings[`${setting}_by`] as
    | { label: string; keys: Readonly<Record<string, Settings>> }
    | undefined;
  if (by === undefined) return undefined;
  const credentials = new Map<string, SecretSource>();
  for (const [value, source] of Object.entries(by.keys)) {
    const at = [...path, `${setting}_by`, 'keys', value];
    const [only, ...others] = Object.entries(source);
    if (only === undefined || others.length > 0) {
      faults.push({ path: at, message: 'set one of key, file, env' });
      continue;
    }
    const [kind, text] = only;
    const name = `${setting}_by.keys.${value}.${kind}`;
    const secret = { name, kind: kind === 'key' ? 'secret' : kind, value: String(text), path: [...at, kind] };
    credentials.set(value, compileSecret(secret as GivenSecret, VENDOR_KEY, context, faults));
  }
  return { label: by.label, credentials };
}

/** A secret as the config gives it. */
export interface GivenSecret {
  /** For messages. */
  readonly name: string;
  /** What the value is: the secret, a file or an environment variable that holds it. */
  readonly kind: 'secret' | 'file' | 'env';
  readonly value: string;
  readonly path: Path;
}

export function compileSecret(
  { name, kind, value, path }: GivenSecret,
  rules: SecretRules,
  context: SecretContext,
  faults: Fault[],
): SecretSource {
  if (value === '') faults.push({ path, message: 'must not be empty' });
  if (kind === 'file') {
    const source = fileSecret(name, value, context, rules);
    if (value !== '') context.secretFiles?.push({ path, file: value, source });
    return source;
  }
  const secret = kind === 'env' ? (context.env[value]?.trim() ?? '') : value;
  if (secret === '' && kind === 'env') {
    faults.push({ path, message: unset(value), warning: context.isDryRun ?? false });
    return unsetSecret(name, value);
  }
  const message = secret === '' ? undefined : rules.fault(secret);
  if (message !== undefined) faults.push({ path, message });
  return literalSecret(name, secret);
}

/** By the end of a setting's name. */
export function kindOf(setting: string): GivenSecret['kind'] {
  if (setting.endsWith('_file')) return 'file';
  return setting.endsWith('_env') ? 'env' : 'secret';
}

function unset(variable: string): string {
  // Somebody may have put the key itself where its variable should be named.
  const shown = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(variable) ? variable : '<secret>';
  return `environment variable ${shown} is not set or empty`;
}

/** Which of `x`, `x_file` and `x_env` are set. */
export function given(name: string, settings: Settings): readonly string[] {
  return [name, `${name}_file`, `${name}_env`].filter((candidate) => settings[candidate] !== undefined);
}
