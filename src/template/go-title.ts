import { titleRune } from './go-case.ts';

const CASED = /^\p{Cased}$/u;

/** Neither ends a word, unless two of them meet: the apostrophes, dots and colons of UAX #29's MidLetter, MidNumLet and Single_Quote. */
const MIDDLE = /^['.:·\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a]$/;

/** Letters of scripts that are written without spaces: each is a word, as in UAX #29. */
const WORD_OF_ITS_OWN =
  /^[\p{Ideographic}\p{scx=Hiragana}\p{scx=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}\p{Script=Tai_Viet}\p{Script=Ahom}]$/u;

/** What else is part of a word wherever it stands: UAX #29's Numeric, ExtendNumLet, Extend, Format, and ALetters that are no letters. */
const PART_OF_WORD =
  /^(?!\u200b)[\p{M}\p{Nd}\p{Pc}\p{Cf}\p{Emoji_Modifier}\u202f\u303c\uff9e\uff9f\u02c2-\u02c5\u02d2-\u02d7\u02de\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff\u055a-\u055c\u055e\u058a\u05f3\u066b\ua708-\ua716\ua720\ua721\ua789\ua78a\uab5b]$/u;

/** A sigma that no letter follows in its word. How far it looks is bounded, as in x/text (cases/map.go, maxIgnorable). */
const FINAL_SIGMA = /Σ(?!\p{Case_Ignorable}{0,30}(?!\p{Case_Ignorable})\p{Cased})/uy;

/**
 * Alertmanager's `title`: golang.org/x/text/cases.Title for English. The first letter of each word is a capital, all
 * others are small. Digits, hyphens and the like are no letters: `3rd x-ray` becomes `3Rd X-Ray`.
 */
export function title(text: string): string {
  let result = '';
  let isInWord = false;
  let wasMiddle = false;
  let at = 0;
  for (const rune of text) {
    if (CASED.test(rune)) {
      result += isInWord ? lowerAt(text, at, rune) : titleRune(rune);
      isInWord = true;
      wasMiddle = false;
    } else {
      const isMiddle = MIDDLE.test(rune);
      if (isMiddle ? wasMiddle : endsWord(rune)) isInWord = false;
      wasMiddle = isMiddle;
      result += rune;
    }
    at += rune.length;
  }
  return result;
}

/** Of characters without case. */
function endsWord(rune: string): boolean {
  if (PART_OF_WORD.test(rune)) return false;
  return !/\p{Alphabetic}/u.test(rune) || WORD_OF_ITS_OWN.test(rune);
}

/** The small letter of the character at an offset; unlike Go's strings.ToLower, in full and with the final sigma. */
function lowerAt(text: string, at: number, rune: string): string {
  if (rune !== 'Σ') return rune.toLowerCase();
  FINAL_SIGMA.lastIndex = at;
  return FINAL_SIGMA.test(text) ? 'ς' : 'σ';
}
