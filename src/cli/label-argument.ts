import type { Labels } from '../notification/notification.ts';
import { quoteForMatcher } from '../notification/text.ts';
import { parseMatchers } from '../route/matcher.ts';

// White space is Go's \s, as in matchers. After `=~` an expression would follow, and an alert has none.
const ARGUMENT = /^[\t\n\f\r ]*("(?:[^"\\]|\\.)*"|[^\s{}!=~,\\"'`]+)[\t\n\f\r ]*=(?!~)(.*)$/s;

/**
 * The labels (or annotations) that arguments like `team=db` give, read as amtool reads its own. Everything after the
 * first `=` is the value, or what its double quotes hold; `\n`, `\\` and `\"` are escapes with and without quotes. Of two
 * arguments with one name the last counts. The error quotes the argument.
 */
export function parseLabels(texts: readonly string[]): Labels | Error {
  const labels: [string, string][] = [];
  for (const text of texts) {
    const label = parseLabel(text);
    if (label === undefined) {
      const shown = JSON.stringify(text);
      return new Error(`cannot read ${shown}: write name=value, or name="value" with \\" for a quote in it`);
    }
    labels.push(label);
  }
  return Object.fromEntries(labels);
}

function parseLabel(text: string): [string, string] | undefined {
  const found = ARGUMENT.exec(text);
  if (found === null) return undefined;
  const [, name = '', rest = ''] = found;
  const value = rest.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
  const parsed = parseMatchers(`{${name}=${value.startsWith('"') ? value : quoteBare(value)}}`);
  if (parsed instanceof Error) return undefined;
  const [only, ...others] = parsed.matchers;
  return only === undefined || only.name === '' || others.length > 0 ? undefined : [only.name, only.value];
}

function quoteBare(value: string): string {
  return quoteForMatcher(value.replace(/\\([\\"n])/g, (_, char: string) => (char === 'n' ? '\n' : char)));
}
