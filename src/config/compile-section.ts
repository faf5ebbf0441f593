import type { SecretSource } from '../notification/secret.ts';
import { compileSecret, given, kindOf } from './compile-credential.ts';
import type { Fault, Path } from './problem.ts';
import type { SecretContext, SecretRules } from './secret-source.ts';

/** A map inside `http_config`. */
export interface Section {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly path: Path;
  /** As `http_config.basic_auth`; it names the settings to people who have no path. */
  readonly label: string;
  /** What Alertmanager's messages begin the settings' names with, as `basic_auth `. */
  readonly called: string;
}

/** The secret under `x`, `x_file` or `x_env` of a section, if any. */
export function compileOptionalSecret(
  { settings, path, label, called }: Section,
  setting: string,
  rules: SecretRules,
  context: SecretContext,
  faults: Fault[],
): SecretSource | undefined {
  const names = given(setting, settings);
  const [only] = names;
  if (only === undefined) return undefined;
  if (names.length > 1) {
    const which = `${names.slice(0, -1).join(', ')} & ${names.at(-1)}`;
    faults.push({ path, message: `at most one of ${called}${which} must be configured` });
  }
  const value = String(settings[only]);
  return compileSecret(
    { name: `${label}.${only}`, kind: kindOf(only), value, path: [...path, only] },
    rules,
    context,
    faults,
  );
}
