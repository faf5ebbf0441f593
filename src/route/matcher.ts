import { RE2JS } from 're2js';
import { type Labels, labelValue } from '../notification/notification.ts';
import { nameForMatcher, quoteForMatcher } from '../notification/text.ts';
import { parseClassic } from './classic-syntax.ts';
import type { MatcherText } from './matcher-text.ts';
import { parseUtf8 } from './utf8-syntax.ts';

export interface Matcher extends MatcherText {
  matches(labels: Labels): boolean;
}

export interface ParsedMatchers {
  readonly matchers: readonly Matcher[];
  /** Set where only the classic syntax, which Alertmanager is leaving, gives the meaning. */
  readonly warning?: string;
}

/**
 * Matchers as Alertmanager reads them by default (its fallback mode): in UTF-8 syntax, and in the classic one where
 * that alone accepts the text or understands it differently. The error is the UTF-8 parser's.
 */
export function parseMatchers(text: string): ParsedMatchers | Error {
  const utf8 = compileAll(parseUtf8(text));
  const classic = compileAll(parseClassic(text));
  if (utf8 instanceof Error) {
    if (classic instanceof Error) return utf8;
    const written = classic.map(printMatcher).join(',');
    return {
      matchers: classic,
      warning: `taken in classic syntax, as ${written}; in UTF-8 syntax: ${utf8.message}`,
    };
  }
  if (classic instanceof Error || sameText(utf8, classic)) return { matchers: utf8 };
  const written = classic.map(printMatcher).join(',');
  return {
    matchers: classic,
    warning: `taken in classic syntax, as ${written}; quote the value to make it clear`,
  };
}

/** A matcher ready to use. Regular expressions are RE2's and must match the whole value; the error names what is wrong with one. */
export function compileMatcher(text: MatcherText): Matcher | Error {
  const { name, operator, value } = text;
  if (operator === '=') return { ...text, matches: (labels) => labelValue(labels, name) === value };
  if (operator === '!=') return { ...text, matches: (labels) => labelValue(labels, name) !== value };
  const test = anchoredTest(value);
  if (test instanceof Error) return test;
  if (operator === '=~') return { ...text, matches: (labels) => test(labelValue(labels, name)) };
  return { ...text, matches: (labels) => !test(labelValue(labels, name)) };
}

/** The text of a matcher in the form that both syntaxes read alike. */
export function printMatcher({ name, operator, value }: MatcherText): string {
  return `${nameForMatcher(name)}${operator}${quoteForMatcher(value)}`;
}

function compileAll(texts: readonly MatcherText[] | Error): readonly Matcher[] | Error {
  if (texts instanceof Error) return texts;
  const matchers: Matcher[] = [];
  for (const text of texts) {
    const matcher = compileMatcher(text);
    if (matcher instanceof Error) return matcher;
    matchers.push(matcher);
  }
  return matchers;
}

/** The only values that a matcher takes; undefined where it takes any number of them. */
export function valuesOf({ operator, value }: MatcherText): readonly string[] | undefined {
  if (operator === '=') return [value];
  return operator === '=~' ? plainWords(value) : undefined;
}

function anchoredTest(expression: string): ((value: string) => boolean) | Error {
  // Most matchers list plain words, and a set answers at once.
  const list = plainWords(expression);
  if (list !== undefined) {
    const words = new Set(list);
    return (value) => words.has(value);
  }
  try {
    const compiled = RE2JS.compile(`^(?:${expression})$`);
    return (value) => compiled.test(value);
  } catch (error) {
    return new Error(error instanceof Error ? error.message : String(error));
  }
}

/** The words of an expression that is a list of them: `page|critical`. */
function plainWords(expression: string): readonly string[] | undefined {
  return /^[\w:/ @-]+(\|[\w:/ @-]+)*$/.test(expression) ? expression.split('|') : undefined;
}

function sameText(a: readonly MatcherText[], b: readonly MatcherText[]): boolean {
  return (
    a.length === b.length && a.every((matcher, i) => printMatcher(matcher) === printMatcher(b[i] ?? matcher))
  );
}
