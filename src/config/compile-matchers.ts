import { type Matcher, parseMatchers } from '../route/matcher.ts';
import type { Fault, Path } from './problem.ts';

/** The matchers of a list of texts, each of which can hold several. */
export function compileMatcherTexts(
  texts: readonly string[],
  path: Path,
  faults: Fault[],
): readonly Matcher[] {
  return texts.flatMap((text, i) => {
    const parsed = parseMatchers(text);
    const at = [...path, i];
    if (parsed instanceof Error) {
      faults.push({ path: at, message: parsed.message });
      return [];
    }
    if (parsed.warning !== undefined) faults.push({ path: at, message: parsed.warning, warning: true });
    return parsed.matchers;
  });
}
