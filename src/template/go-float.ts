/** A positive decimal number, exactly: `0.digits` times ten to the `point`. Zero has no digits. */
interface Decimal {
  /** Without zeros at either end. */
  readonly digits: string;
  readonly point: number;
}

/** Of a float64: the bits of its fraction, and what its exponent is stored with. */
const FRACTION_BITS = 52n;
const EXPONENT_BIAS = 1023;

/**
 * A float64 as Go's strconv.FormatFloat writes it. `verb` is one of `b e E f g G x X`. `precision` is the number of digits
 * after the point, for `g` and `G` the number of significant ones; for `b g G x X` it may be undefined, which stands for
 * as many as are needed to read the same number back.
 */
export function floatText(value: number, verb: string, precision: number | undefined): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign || '+'}Inf`;
  return sign + positiveText(Math.abs(value), verb, precision);
}

function positiveText(value: number, verb: string, precision: number | undefined): string {
  switch (verb) {
    case 'b':
      return binary(value);
    case 'x':
      return hexadecimal(value, precision);
    case 'e':
      return withExponent(rounded(exact(value), (precision ?? 0) + 1), precision ?? 0);
    case 'f': {
      const decimal = exact(value);
      return withoutExponent(rounded(decimal, decimal.point + (precision ?? 0)), precision ?? 0);
    }
    case 'g':
      return general(value, precision);
    default:
      return positiveText(value, verb.toLowerCase(), precision).toUpperCase();
  }
}

/** `%g`: with an exponent where it is less than -4, or not less than the precision. */
function general(value: number, precision: number | undefined): string {
  const decimal = precision === undefined ? shortest(value) : rounded(exact(value), precision || 1);
  const { digits, point } = decimal;
  const exponent = point - 1;
  if (exponent < -4 || exponent >= exponentFrom(decimal, precision)) {
    return withExponent(decimal, digits.length - 1);
  }
  return withoutExponent(decimal, Math.max(digits.length - point, 0));
}

/** The least exponent that is written. Go takes a precision of 6 for the shortest form. */
function exponentFrom({ digits, point }: Decimal, precision: number | undefined): number {
  if (precision === undefined) return 6;
  const wanted = precision || 1;
  return wanted > digits.length && digits.length >= point ? digits.length : wanted;
}

function withExponent({ digits, point }: Decimal, precision: number): string {
  const first = digits[0] ?? '0';
  const fraction = precision > 0 ? `.${digits.slice(1).padEnd(precision, '0')}` : '';
  const exponent = digits === '' ? 0 : point - 1;
  return `${first}${fraction}e${signed(exponent, 2)}`;
}

function withoutExponent({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  if (precision <= 0) return whole;
  const fraction = point > 0 ? digits.slice(point) : `${'0'.repeat(Math.min(-point, precision))}${digits}`;
  return `${whole}.${fraction.padEnd(precision, '0')}`;
}

/** The fewest digits that are read as the same number: those that JavaScript prints. */
function shortest(value: number): Decimal {
  if (value === 0) return ZERO;
  const [mantissa = '', exponent] = value.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

const ZERO: Decimal = { digits: '', point: 0 };

/** Every digit of a number: it is a whole number times a power of two, and has at most 767 of them. */
function exact(value: number): Decimal {
  const { mantissa, exponent } = parts(value);
  if (mantissa === 0n) return ZERO;
  // Below one, each halving is a multiplication by five and a step of the point.
  const halvings = Math.max(-exponent, 0);
  const scaled = exponent < 0 ? mantissa * 5n ** BigInt(halvings) : mantissa << BigInt(exponent);
  const all = scaled.toString();
  return { digits: all.replace(/0+$/, ''), point: all.length - halvings };
}

/** Rounded to `count` digits; half goes to the even digit. */
function rounded({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return { digits, point };
  if (count < 0) return ZERO;
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const isHalf = rest === '5';
  const isOdd = Number(kept.at(-1) ?? 0) % 2 === 1;
  if (isHalf ? !isOdd : rest < '5') return trimmed(kept, point);
  const up = (BigInt(kept) + 1n).toString().padStart(count, '0');
  return trimmed(up, point + up.length - count);
}

function trimmed(digits: string, point: number): Decimal {
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? ZERO : { digits: kept, point };
}

/** `mantissa` times two to the `exponent`, exactly. */
function parts(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
  const fraction = bits & ((1n << FRACTION_BITS) - 1n);
  const stored = Number(bits >> FRACTION_BITS);
  const lowest = 1 - EXPONENT_BIAS - Number(FRACTION_BITS);
  if (stored === 0) return { mantissa: fraction, exponent: lowest };
  return { mantissa: fraction | (1n << FRACTION_BITS), exponent: lowest + stored - 1 };
}

/** As `4503599627370496p-52`. */
function binary(value: number): string {
  const { mantissa, exponent } = parts(value);
  return `${mantissa}p${signed(exponent, 1)}`;
}

/** As `0x1.8p+01`: one bit before the point, four in each digit after it. */
function hexadecimal(value: number, precision: number | undefined): string {
  let { mantissa, exponent } = parts(value);
  if (mantissa === 0n) return `0x0${hexFraction('', precision)}p+00`;
  const width = mantissa.toString(2).length - 1;
  mantissa <<= FRACTION_BITS - BigInt(width);
  exponent += width;
  const dropped = FRACTION_BITS - 4n * BigInt(Math.min(precision ?? 13, 13));
  mantissa = roundedBits(mantissa, dropped) << dropped;
  // Rounding can carry into a bit more.
  if (mantissa >> (FRACTION_BITS + 1n) !== 0n) {
    mantissa >>= 1n;
    exponent++;
  }
  const fraction = (mantissa & ((1n << FRACTION_BITS) - 1n))
    .toString(16)
    .padStart(13, '0')
    .replace(/0+$/, '');
  return `0x1${hexFraction(fraction, precision)}p${signed(exponent, 2)}`;
}

function hexFraction(digits: string, precision = digits.length): string {
  return precision === 0 ? '' : `.${digits.padEnd(precision, '0')}`;
}

/** `mantissa` without its last `count` bits; half goes to even. */
function roundedBits(mantissa: bigint, count: bigint): bigint {
  if (count === 0n) return mantissa;
  const kept = mantissa >> count;
  const rest = mantissa & ((1n << count) - 1n);
  const half = 1n << (count - 1n);
  const isUp = rest === half ? (kept & 1n) === 1n : rest > half;
  return isUp ? kept + 1n : kept;
}

function signed(exponent: number, digits: number): string {
  return `${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(digits, '0')}`;
}
