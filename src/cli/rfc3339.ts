const RFC3339 = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):\d\d)$/;

/** A moment like `2026-11-07T10:00:00Z` or with an offset, in ms since the epoch; undefined when there is no such one. */
export function parseRfc3339(text: string): number | undefined {
  const [, date] = RFC3339.exec(text) ?? [];
  const midnight = Date.parse(`${date}T00:00:00Z`);
  // JavaScript takes 30 February for 2 March.
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(`${date}T`)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
