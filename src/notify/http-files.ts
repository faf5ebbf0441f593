/** An `http_config` with the path of each of its files changed: those of settings that end in `_file`, and `files` of headers. */
export function withHttpFiles(http: unknown, change: (path: string) => string): unknown {
  if (Array.isArray(http)) return http.map((item) => withHttpFiles(item, change));
  if (typeof http !== 'object' || http === null) return http;
  const changed = (file: unknown) => (typeof file === 'string' && file !== '' ? change(file) : file);
  return Object.fromEntries(
    Object.entries(http).map(([name, item]: [string, unknown]) => {
      if (name.endsWith('_file')) return [name, changed(item)];
      if (name === 'files' && Array.isArray(item)) return [name, item.map(changed)];
      return [name, withHttpFiles(item, change)];
    }),
  );
}
