import { lowerRune, upperRune } from './go-case.ts';

/** Go's strings.ToUpper: character by character, whatever stands around it. */
export function toUpper(text: string): string {
  return isAscii(text) ? text.toUpperCase() : Array.from(text, upperRune).join('');
}

/** Go's strings.ToLower: character by character, so that a sigma at a word's end is not a final one. */
export function toLower(text: string): string {
  return isAscii(text) ? text.toLowerCase() : Array.from(text, lowerRune).join('');
}

/** Go's strings.TrimSpace: Unicode's white space, which is not JavaScript's: U+0085 is, U+FEFF is not. */
export function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charAt(start))) start++;
  while (end > start && isSpace(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

function isSpace(unit: string): boolean {
  return /\p{White_Space}/u.test(unit);
}
