import type { MatcherText, Operator } from './matcher-text.ts';

// White space is Go's \s: ASCII only, a no-break space belongs to the value.
const PATTERN =
  /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*(.*?)[\t\n\f\r ]*$/s;

/**
 * Alertmanager's older matcher syntax (pkg/labels/parse.go): label names are ASCII, quotes and braces may be left out,
 * and a backslash before any other character than `\`, `n` or `"` stands for itself.
 */
export function parseClassic(text: string): readonly MatcherText[] | Error {
  const matchers: MatcherText[] = [];
  for (const part of splitAtCommas(text.replace(/^\{/, '').replace(/\}$/, ''))) {
    const matcher = parseOne(part);
    if (matcher instanceof Error) return matcher;
    matchers.push(matcher);
  }
  return matchers;
}

/** The parts between commas that are not inside double quotes; a blank last part does not count. */
function splitAtCommas(text: string): readonly string[] {
  const parts = [''];
  let quoted = false;
  let escaped = false;
  for (const char of text) {
    if (char === ',' && !quoted) {
      parts.push('');
      continue;
    }
    if (char === '"' && !escaped) quoted = !quoted;
    escaped = char === '\\' && !escaped;
    parts[parts.length - 1] += char;
  }
  if (parts.at(-1)?.trim() === '') parts.pop();
  return parts;
}

function parseOne(text: string): MatcherText | Error {
  const found = PATTERN.exec(text);
  if (found === null) return new Error(`bad matcher format: ${text}`);
  const [, name = '', operator, raw = ''] = found;
  const value = unquote(raw);
  return value instanceof Error ? value : { name, operator: operator as Operator, value };
}

function unquote(raw: string): string | Error {
  const opened = raw.startsWith('"');
  const body = opened ? raw.slice(1) : raw;
  let value = '';
  let closed = false;
  for (let i = 0; i < body.length; i++) {
    const char = body.charAt(i);
    const last = i === body.length - 1;
    if (char === '"') {
      if (!opened || !last) return new Error(`matcher value contains unescaped double quote: ${raw}`);
      closed = true;
    } else if (char === '\\' && !last) {
      i++;
      value += meaningOf(body.charAt(i));
    } else {
      value += char;
    }
  }
  return opened && !closed ? new Error(`matcher value contains unescaped double quote: ${raw}`) : value;
}

function meaningOf(char: string): string {
  if (char === 'n') return '\n';
  return char === '"' || char === '\\' ? char : `\\${char}`;
}
