/** A stretch of a layout: literal text, then an element as `2006`; the element of the last stretch is empty. */
export interface Stretch {
  readonly literal: string;
  readonly element: string;
}

/**
 * What Go reads in a layout (time/format.go): the first alternative that fits counts. `Janet` and `Month` hold no
 * element, `_2006` is an underscore and a year, and the digits of a fraction must end where it ends.
 */
const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_2(?!006)|__2|[345]|PM|pm|[-Z](?:070000|07:00:00|0700|07:00|07)|[.,](?:0+|9+)(?!\d)/g;

export function splitLayout(layout: string): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let end = 0;
  for (const { 0: element, index } of layout.matchAll(ELEMENT)) {
    stretches.push({ literal: layout.slice(end, index), element });
    end = index + element.length;
  }
  stretches.push({ literal: layout.slice(end), element: '' });
  return stretches;
}

/** Whether an element is a fraction of a second, as `.000` or `,999`. */
export function isFraction(element: string): boolean {
  return element.startsWith('.') || element.startsWith(',');
}
