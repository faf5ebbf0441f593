import { LRUCache } from 'lru-cache';
import { RE2JS, RE2JSSyntaxException } from 're2js';

/** Regular expressions, each compiled once. */
export interface Regexps {
  /** RE2's syntax; an error has the words of Go's regexp/syntax. */
  compile(pattern: string): RE2JS | Error;
}

/** A pattern can come from a label, and each can hold up to 8 MB of re2js' automaton. */
const MAX_REGEXPS = 64;
/** Instructions of all that are kept, some 100 bytes each. */
const MAX_INSTRUCTIONS = 200_000;
/** Longest pattern, in UTF-16 units: compiling takes up to 4 µs for each. Go has no limit but that of the compiled form. */
const MAX_PATTERN = 65_536;

export function createRegexps(): Regexps {
  const compiled = new LRUCache<string, RE2JS | Error>({
    max: MAX_REGEXPS,
    maxSize: MAX_INSTRUCTIONS,
    sizeCalculation: (regexp) => (regexp instanceof Error ? 1 : regexp.programSize()),
  });
  return {
    compile(pattern) {
      const known = compiled.get(pattern);
      if (known !== undefined) return known;
      const regexp = compile(pattern);
      compiled.set(pattern, regexp);
      return regexp;
    },
  };
}

function compile(pattern: string): RE2JS | Error {
  if (pattern.length > MAX_PATTERN) {
    return new Error(`error parsing regexp: it is longer than ${MAX_PATTERN} characters`);
  }
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return syntaxError(error, pattern);
    throw error;
  }
}

/** Go always quotes what is wrong, re2js not where that is all of the pattern, or nothing. */
function syntaxError(error: RE2JSSyntaxException, pattern: string): Error {
  const description = error.getDescription();
  const wrong = error.getPattern() ?? (description.startsWith('trailing backslash') ? '' : pattern);
  return new Error(`error parsing regexp: ${description}: \`${wrong}\``);
}
