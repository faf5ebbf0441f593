import leven from 'leven';

/** The known name that somebody may have meant who wrote `name`; undefined when none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  // A name that has to be written anew altogether is another name.
  const furthest = Math.min(Math.max(2, name.length / 3), name.length - 1);
  let found: string | undefined;
  let least = furthest;
  for (const candidate of known) {
    const distance = leven(candidate, name);
    if (distance > least || (distance === least && found !== undefined)) continue;
    found = candidate;
    least = distance;
  }
  return found;
}

/** That there is no thing of this name, and which one may be meant. */
export function noSuch(kind: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `there is no ${kind} ${name}; did you mean ${meant}?`;
  return `there is no ${kind} ${name}${known.length === 0 ? '' : ` (there are: ${known.join(', ')})`}`;
}
