import { isAbsolute } from 'node:path';
import type { Fault, Path } from '../config/problem.ts';

/** What becomes of an entry: our settings, with what is to be said of them, or why it stays in alertmanager.yml. */
export type Carried =
  | { readonly settings: Readonly<Record<string, unknown>>; readonly notes: readonly Fault[] }
  | { readonly stays: string };

/** Only what is set. */
export function defined(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Names the first field that is not in the schema: an Alertmanager newer than the importer may have more. */
export function unknownField(
  entry: object,
  { properties }: { readonly properties: object },
): string | undefined {
  const name = Object.keys(entry).find((key) => !Object.hasOwn(properties, key));
  return name === undefined ? undefined : `the importer does not know the field ${name}`;
}

/** Files of an `http_config` that Alertmanager looks for beside its own config. Keys in files it takes from where it was started, as we do. */
export function relativeFiles(http: unknown, path: Path): readonly Fault[] {
  if (typeof http !== 'object' || http === null) return [];
  return Object.entries(http).flatMap(([name, value]: [string, unknown]): readonly Fault[] => {
    const at = [...path, name];
    if (typeof value !== 'string') return relativeFiles(value, at);
    const isFile = name.endsWith('_file') || at.at(-2) === 'files';
    if (!isFile || value === '' || isAbsolute(value)) return [];
    const message =
      'a relative path: Alertmanager begins at its config, pagerelay where it was started; better write it in full';
    return [{ path: at, message }];
  });
}
