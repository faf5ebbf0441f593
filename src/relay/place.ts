/**
 * Where a notification goes, and about what: the vendor's account (`Integration.target`) and the incident key. Joined, for
 * it is remembered: a text that is put together otherwise goes on as its parts, which takes twice the memory.
 */
export function placeOf(target: string, key: string): string {
  return [target, key].join(' ');
}

/** The account of a place. */
export function accountOf(place: string): string {
  return place.slice(0, place.indexOf(' '));
}

/** The incident key of a place. */
export function keyOf(place: string): string {
  return place.slice(place.indexOf(' ') + 1);
}
