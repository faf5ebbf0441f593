/** Combining iota below: the mark that upper-casing turns into a letter of its own, and title-casing keeps. */
const IOTA_SUBSCRIPT = '\u0345';

/** Capital digraphs, and what they are where only the first of their letters is a capital. */
const TITLE_DIGRAPHS: ReadonlyMap<string, string> = new Map([
  ['Ǆ', 'ǅ'],
  ['Ǉ', 'ǈ'],
  ['Ǌ', 'ǋ'],
  ['Ǳ', 'ǲ'],
]);

/** Georgian capitals: for whole texts in capitals only, never for the first letter of a word. */
const MTAVRULI = /^[\u1c90-\u1cbf]/;

/** The capital that one character has (unicode.ToUpper): always one character, so that ß stays. */
export function upperRune(rune: string): string {
  const upper = rune.toUpperCase();
  if (isRune(upper)) return upper;
  const title = withIotaBelow(rune);
  return title !== undefined && isRune(title) ? title : rune;
}

/** The small letter that one character has (unicode.ToLower): always one character, so that İ is i. */
export function lowerRune(rune: string): string {
  return rune === 'İ' ? 'i' : rune.toLowerCase();
}

/** A character as it begins a word: where Unicode says so more than one (SpecialCasing.txt), as Ss for ß. */
export function titleRune(rune: string): string {
  const upper = rune.toUpperCase();
  if (MTAVRULI.test(upper)) return rune;
  if (isRune(upper)) return TITLE_DIGRAPHS.get(upper) ?? upper;
  // Its first character is an apostrophe.
  if (rune === 'ŉ') return upper;
  return withIotaBelow(rune) ?? upper.slice(0, 1) + upper.slice(1).toLowerCase();
}

/** The capital of a letter with an iota below it, which keeps it; undefined for other characters. */
function withIotaBelow(rune: string): string | undefined {
  const decomposed = rune.normalize('NFD');
  if (!decomposed.endsWith(IOTA_SUBSCRIPT)) return undefined;
  const spelled = decomposed.slice(0, -1).toUpperCase().normalize('NFC') + IOTA_SUBSCRIPT;
  const composed = spelled.normalize('NFC');
  return isRune(composed) ? composed : spelled;
}

function isRune(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
}
