import { typeName } from './go-type-name.ts';
import type { GoSlice, Value } from './value.ts';

/** The builtin `len`: of a text, its bytes in UTF-8. */
export function lengthOf(value: Value): bigint | Error {
  // What Go's reflect says of `len nil`.
  if (value === null) return new Error('reflect: call of reflect.Value.Type on zero Value');
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (isSlice(value)) return BigInt(value.items.length);
  if (typeof value === 'object' && value.kind === 'map') return BigInt(value.entries.size);
  return new Error(`len of type ${pointedType(value)}`);
}

/** The builtin `index`: entries of entries, as many as there are indexes. A text gives its bytes as ints. */
export function index(item: Value, indexes: readonly Value[]): Value | Error {
  if (item === null) return new Error('index of untyped nil');
  let found: Value = item;
  for (const at of indexes) {
    const entry = entryOf(found, at);
    if (entry instanceof Error) return entry;
    found = entry;
  }
  return found;
}

/** The builtin `slice`: of a text by its bytes in UTF-8. Pieces of characters become U+FFFD, which they would in JSON. */
export function slice(item: Value, indexes: readonly Value[]): Value | Error {
  if (item === null) return new Error('slice of untyped nil');
  if (indexes.length > 3) return new Error(`too many slice indexes: ${indexes.length}`);
  if (typeof item === 'string') return sliceText(item, indexes);
  if (!isSlice(item)) return new Error(`can't slice item of type ${typeName(item)}`);
  const bounds = boundsOf(indexes, item.items.length);
  return bounds instanceof Error ? bounds : { ...item, items: item.items.slice(...bounds) };
}

function sliceText(text: string, indexes: readonly Value[]): string | Error {
  if (indexes.length === 3) return new Error('cannot 3-index slice a string');
  const length = Buffer.byteLength(text);
  const bounds = boundsOf(indexes, length);
  if (bounds instanceof Error) return bounds;
  return length === text.length ? text.slice(...bounds) : Buffer.from(text).toString('utf8', ...bounds);
}

/** Begin and end. A third index is the capacity of Go's slice, which shows nowhere in a template. */
function boundsOf(indexes: readonly Value[], length: number): [begin: number, end: number] | Error {
  const given: number[] = [];
  for (const index of indexes) {
    const at = positionOf(index, length);
    if (at instanceof Error) return at;
    given.push(at);
  }
  const [begin = 0, end = length, capacity = length] = given;
  if (begin > end) return new Error(`invalid slice index: ${begin} > ${end}`);
  if (end > capacity) return new Error(`invalid slice index: ${end} > ${capacity}`);
  return [begin, end];
}

function entryOf(item: Value, at: Value): Value | Error {
  if (item === null) return new Error('index of nil pointer');
  if (typeof item === 'string') return byteOf(item, at);
  if (isSlice(item)) {
    const position = positionOf(at, item.items.length);
    if (position instanceof Error) return position;
    return item.items[position] === undefined
      ? new Error('reflect: slice index out of range')
      : item.items[position];
  }
  if (typeof item !== 'object' || item.kind !== 'map') {
    return new Error(`can't index item of type ${pointedType(item)}`);
  }
  if (at === null) return new Error('value is nil; should be of type string');
  if (typeof at !== 'string') return new Error(`value has type ${typeName(at)}; should be string`);
  return item.entries.get(at) ?? item.zero;
}

function byteOf(text: string, at: Value): bigint | Error {
  const length = Buffer.byteLength(text);
  const position = positionOf(at, length);
  if (position instanceof Error) return position;
  const byte = length === text.length ? text.charCodeAt(position) : Buffer.from(text)[position];
  return byte === undefined || Number.isNaN(byte)
    ? new Error('reflect: string index out of range')
    : BigInt(byte);
}

/** An index from 0 to `length`, which text/template lets pass: as the end of a slice it is good. */
function positionOf(index: Value, length: number): number | Error {
  const int = typeof index === 'object' && index?.kind === 'int' ? index.value : index;
  if (int === null) return new Error('cannot index slice/array with nil');
  if (typeof int !== 'bigint') return new Error(`cannot index slice/array with type ${typeName(index)}`);
  return int < 0n || int > length ? new Error(`index out of range: ${int}`) : Number(int);
}

/** A pointer's errors speak of what it points to. */
function pointedType(value: Value): string {
  return typeof value === 'object' && value?.kind === 'struct' ? value.type : typeName(value);
}

function isSlice(value: Value): value is GoSlice {
  return typeof value === 'object' && value?.kind === 'slice';
}
