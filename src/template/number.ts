import { characterLiteral } from './go-string.ts';

/** A constant in a template. */
export interface Constant {
  /** A bigint where an int is meant, as in `3`; a number where it has a point or an exponent. Undefined: it overflows an int. */
  readonly value: bigint | number | undefined;
  /** Its value as an int and as a float64, where it has one: for parameters that want one of them. */
  readonly int: bigint | undefined;
  readonly float: number | undefined;
}

const MAX_INT = 2n ** 63n - 1n;
const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;

/** A number as text/template reads it (parse/node.go, newNumber); an error in its words when it is none. */
export function parseNumber(text: string): Constant | Error {
  if (text.endsWith('i')) return new Error(`complex numbers are not supported: ${JSON.stringify(text)}`);
  const int = parseInteger(text);
  if (int !== undefined && int >= MIN_INT && int <= MAX_INT) return { value: int, int, float: Number(int) };
  if (int !== undefined && int >= 0n && int <= MAX_UINT) {
    return { value: undefined, int: undefined, float: Number(int) };
  }
  const float = parseFloat64(text);
  if (float === undefined) return new Error(`illegal number syntax: ${JSON.stringify(text)}`);
  if (!/[.eEpP]/.test(text)) return new Error(`integer overflow: ${JSON.stringify(text)}`);
  const isWhole = Number.isInteger(float) && Math.abs(float) < 2 ** 63;
  return { value: float, int: isWhole ? BigInt(float) : undefined, float };
}

/** A character constant as `'a'`: an int. */
export function parseCharacter(text: string): Constant | Error {
  const code = characterLiteral(text);
  if (code === undefined) {
    const [first = ''] = /^(?:\\(?:x..|u.{4}|U.{8}|[0-7]{3}|.)|[^\\])/su.exec(text.slice(1, -1)) ?? [];
    const isFirstGood = characterLiteral(`'${first}'`) !== undefined;
    return new Error(isFirstGood ? `malformed character constant: ${text}` : 'invalid syntax');
  }
  return { value: BigInt(code), int: BigInt(code), float: code };
}

/** strconv.ParseInt and ParseUint with base 0: prefixes, and `_` only between digits or after a prefix. */
function parseInteger(text: string): bigint | undefined {
  const found =
    /^([+-]?)(?:0[xX]((?:_?[0-9a-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])+)|(0|[1-9](?:_?[0-9])*))$/.exec(
      text,
    );
  if (found === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = found;
  const prefixed = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : (decimal ?? '0');
  const value = BigInt(prefixed.replaceAll('_', ''));
  return sign === '-' ? -value : value;
}

/** strconv.ParseFloat: decimal and hexadecimal, `_` only between digits or after a prefix. */
function parseFloat64(text: string): number | undefined {
  if (/__|_(?![0-9a-fA-F])|(?<![0-9a-fA-FxX])_/.test(text)) return undefined;
  const plain = text.replaceAll('_', '');
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain)) return finite(Number(plain));
  const found = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(plain);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent] = found;
  const digits = `${whole}${fraction}`;
  if (digits === '') return undefined;
  const scale = Number(exponent) - 4 * fraction.length;
  return finite((sign === '-' ? -1 : 1) * Number(`0x${digits}`) * 2 ** scale);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
