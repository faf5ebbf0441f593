import type { Fault } from '../config/problem.ts';

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
