/**
 * At most so many of a map's values that are due. They go to its end: what is behind them has its turn the next time, even
 * where none of them can be done.
 */
export function takeDue<Key, Value>(
  map: Map<Key, Value>,
  limit: number,
  isDue: (value: Value) => boolean,
): readonly Value[] {
  const due: [Key, Value][] = [];
  for (const [key, value] of map) {
    if (due.length === limit) break;
    if (isDue(value)) due.push([key, value]);
  }
  for (const [key, value] of due) {
    map.delete(key);
    map.set(key, value);
  }
  return due.map(([, value]) => value);
}
