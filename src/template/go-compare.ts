import { byByteOrder } from './byte-order.ts';
import { sprintf } from './go-format.ts';
import { typeName } from './go-type-name.ts';
import type { GoTime, Value } from './value.ts';

type Composite = Extract<Value, object>;

/** The builtin `eq`: whether the first value equals any of the others, looked at in order (text/template/funcs.go). */
export function equal(first: Value, others: readonly Value[]): boolean | Error {
  if (others.length === 0) return new Error('missing argument for comparison');
  for (const other of others) {
    const result = equalToOne(first, other);
    if (result !== false) return result;
  }
  return false;
}

/** The builtin `lt`. */
export function less(a: Value, b: Value): boolean | Error {
  const [x, y] = [basic(a), basic(b)];
  if (x === undefined || y === undefined) return new Error(INVALID_TYPE);
  if (typeof x !== typeof y) return new Error(INCOMPATIBLE);
  if (typeof x === 'boolean') return new Error(INVALID_TYPE);
  return typeof x === 'string' ? byByteOrder(x, y as string) < 0 : x < (y as typeof x);
}

/** Of a value in an error, in UTF-16 units. */
const MAX_SHOWN = 4096;

const INVALID_TYPE = 'invalid type for comparison';
const INCOMPATIBLE = 'incompatible types for comparison';

function equalToOne(a: Value, b: Value): boolean | Error {
  const [x, y] = [basic(a), basic(b)];
  if (typeof x !== typeof y) return a === null || b === null ? false : new Error(INCOMPATIBLE);
  return x === undefined ? equalComposites(a as Composite | null, b as Composite | null) : x === y;
}

/** What Go compares by its kind: a number of a named type counts as its number. */
function basic(value: Value): boolean | bigint | number | string | undefined {
  if (typeof value !== 'object') return value;
  return value?.kind === 'int' ? value.value : undefined;
}

function equalComposites(a: Composite | null, b: Composite | null): boolean | Error {
  if (a === null || b === null) return a === b;
  if (goKind(a) !== goKind(b)) {
    return new Error(
      `non-comparable types ${shown('%s', a)}: ${typeName(a)}, ${typeName(b)}: ${shown('%v', b)}`,
    );
  }
  if (!isComparable(b)) return new Error(`non-comparable type ${shown('%s', b)}: ${typeName(b)}`);
  return isSame(a, b);
}

/** Go shows all of a value, however large; the beginning will do. */
function shown(format: string, value: Value): string {
  return sprintf(format, [value], MAX_SHOWN);
}

/** As Go's reflect sees it: a time is a struct, too. */
function goKind(value: Composite): string {
  if (value.kind === 'struct') return value.isPointer ? 'pointer' : 'struct';
  return value.kind === 'time' ? 'struct' : value.kind;
}

function isComparable(value: Value): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value.kind !== 'struct') return value.kind === 'time' || value.kind === 'int';
  return value.isPointer || value.names.every((name) => isComparable(value.field(name)));
}

/** Go's `==` of two values of a type that has it. */
function isSame(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (a.kind === 'time' && b.kind === 'time') return isSameTime(a, b);
  if (a.kind === 'int' && b.kind === 'int') return a.type === b.type && a.value === b.value;
  if (a.kind !== 'struct' || b.kind !== 'struct' || a.isPointer) return a === b;
  return a.type === b.type && a.names.every((name) => isSame(a.field(name), b.field(name)));
}

/** Two times are one only if they are also shown in the same zone; `Equal` is the method that looks at the moment alone. */
function isSameTime(a: GoTime, b: GoTime): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds && a.zone === b.zone;
}
