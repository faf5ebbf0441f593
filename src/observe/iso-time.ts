/** Writes times in ms since the epoch as ISO 8601 in UTC. Many in a row are the same: the last one is written once. */
export function createIsoTime(): (at: number) => string {
  let last = { at: Number.NaN, text: '' };
  return (at) => {
    if (at !== last.at) last = { at, text: new Date(at).toISOString() };
    return last.text;
  };
}
