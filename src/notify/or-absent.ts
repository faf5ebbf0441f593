/** A list, or undefined in the place of an empty one: in JSON, a field that is not there. */
export function orAbsent<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
