/** What a vendor's free-form details may hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** How a vendor counts: the cost of a text (as value or as name), and of each value's punctuation. */
export interface Measure {
  text(text: string): number;
  readonly perValue: number;
}

/** Bytes of the JSON form in UTF-8. */
export const JSON_BYTES: Measure = {
  text: (text) => Buffer.byteLength(JSON.stringify(text)),
  perValue: 2,
};

export interface Fitted<T extends Json> {
  readonly value: T;
  /** Texts that were cut, each now ending in `…`. */
  readonly cut: number;
  /** Values left out with their names. */
  readonly omitted: number;
}

/** Texts up to this cost are not cut: before that, whole values are left out from the end. */
const SHORT_TEXT = 64;

/**
 * `value` made to cost at most `budget`: the longest texts are cut first, down to one common length; where even short
 * texts are too many, what comes last is left out. Something is always kept, as far as one value fits.
 */
export function trimToFit<T extends Json>(value: T, budget: number, measure: Measure): Fitted<T> {
  const costs: number[] = [];
  const total = cost(value, measure, costs);
  if (total <= budget) return { value, cut: 0, omitted: 0 };
  const longest = commonLength(costs, total - budget);
  const state = { left: budget, cut: 0, omitted: 0, longest, measure };
  const copy = copyWithin(value, state) as T | undefined;
  return {
    value: copy ?? ((Array.isArray(value) ? [] : {}) as unknown as T),
    cut: state.cut,
    omitted: state.omitted,
  };
}

/** The cost of `value`; the cost of each of its texts is added to `texts`. */
function cost(value: Json, measure: Measure, texts: number[]): number {
  if (typeof value === 'string') {
    const own = measure.text(value);
    texts.push(own);
    return own + measure.perValue;
  }
  if (value === null || typeof value !== 'object') return String(value).length + measure.perValue;
  let sum = 2 * measure.perValue;
  if (isList(value)) for (const item of value) sum += cost(item, measure, texts);
  else
    for (const [name, item] of Object.entries(value)) sum += measure.text(name) + cost(item, measure, texts);
  return sum;
}

/** The length to which all longer texts must be cut so that `excess` is saved; never below SHORT_TEXT. */
function commonLength(costs: readonly number[], excess: number): number {
  let low = SHORT_TEXT;
  let high = costs.reduce((a, b) => Math.max(a, b), SHORT_TEXT);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const saved = costs.reduce((sum, own) => sum + Math.max(0, own - middle), 0);
    if (saved >= excess) low = middle;
    else high = middle - 1;
  }
  return low;
}

interface Copying {
  left: number;
  cut: number;
  omitted: number;
  readonly longest: number;
  readonly measure: Measure;
}

/** A copy of `value` that costs no more than what is left, or undefined when nothing of it fits. */
function copyWithin(value: Json, state: Copying): Json | undefined {
  if (typeof value === 'string') return copyText(value, state);
  if (value === null || typeof value !== 'object') {
    return spend(String(value).length + state.measure.perValue, state) ? value : undefined;
  }
  if (!spend(2 * state.measure.perValue, state)) return undefined;
  if (isList(value)) return value.map((item) => keep(item, state)).filter((item) => item !== undefined);
  const kept: [string, Json][] = [];
  for (const [name, item] of Object.entries(value)) {
    const nameCost = state.measure.text(name);
    if (!spend(nameCost, state)) {
      state.omitted++;
      continue;
    }
    const copied = keep(item, state);
    if (copied === undefined) state.left += nameCost;
    else kept.push([name, copied]);
  }
  return Object.fromEntries(kept);
}

function keep(item: Json, state: Copying): Json | undefined {
  const copied = copyWithin(item, state);
  if (copied === undefined) state.omitted++;
  return copied;
}

function copyText(text: string, state: Copying): string | undefined {
  const { measure } = state;
  const whole = measure.text(text);
  if (whole <= state.longest) return spend(whole + measure.perValue, state) ? text : undefined;
  const short = cutTo(text, state.longest, measure);
  if (!spend(measure.text(short) + measure.perValue, state)) return undefined;
  state.cut++;
  return short;
}

function spend(amount: number, state: Copying): boolean {
  if (amount > state.left) return false;
  state.left -= amount;
  return true;
}

/** The longest start of `text` that, with `…`, costs at most `limit`; never half a code point. */
function cutTo(text: string, limit: number, measure: Measure): string {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure.text(`${start(text, middle)}…`) <= limit) low = middle;
    else high = middle - 1;
  }
  return `${start(text, low)}…`;
}

function start(text: string, units: number): string {
  const last = text.charCodeAt(units - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? units - 1 : units);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
