import { byByteOrder } from './byte-order.ts';
import type { Directive } from './go-format-directive.ts';
import { formatBool, formatFloat, formatInteger, formatPointer } from './go-format-number.ts';
import { formatPlain, formatText, padded } from './go-format-text.ts';
import { timeInGoSyntax } from './go-format-time.ts';
import { timeText } from './go-time-format.ts';
import { ZERO_SECONDS } from './go-time-moment.ts';
import { typeName } from './go-type-name.ts';
import {
  type GoInt,
  type GoMap,
  type GoSlice,
  type GoStruct,
  type GoTime,
  NO_METHODS,
  type Value,
} from './value.ts';

/** Text that is being put together. Nothing is added once it is longer than its limit. */
export interface Output {
  text: string;
  /** In UTF-16 units. */
  readonly limit: number;
}

/** Where a value is printed: by an action, as an operand of `print` or `printf`, or inside of another value. */
export type Place = 'action' | 'operand' | 'inner';

interface Operand {
  readonly value: Value;
  readonly directive: Directive;
  readonly place: Place;
  /** Whether it is shown because its verb was wrong: then no String method is asked. */
  readonly isBad: boolean;
}

/** A part of what is still to be printed. */
type Piece = string | Operand;

/**
 * Adds a value under a directive to the output (fmt's printArg). It works on a list of what is left instead of calling
 * itself, for values can be nested as deep as a template likes, and hold the same one many times.
 */
export function printOperand(
  output: Output,
  value: Value,
  directive: Directive,
  place: Place = 'operand',
): void {
  const left: Piece[] = [{ value, directive, place, isBad: false }];
  while (output.text.length <= output.limit) {
    const piece = left.pop();
    if (piece === undefined) return;
    const shown = typeof piece === 'string' ? piece : show(piece);
    if (typeof shown === 'string') output.text += shown;
    else for (let i = shown.length - 1; i >= 0; i--) left.push(shown[i] ?? '');
  }
}

/** The text of a value, or the pieces that it consists of. */
function show(operand: Operand): string | readonly Piece[] {
  const { value, directive, place } = operand;
  if (value === null) return nil(operand);
  if (place !== 'inner') {
    if (directive.verb === 'T') return formatPlain(typeName(value), directive);
    if (directive.verb === 'p') return address(operand) ?? bad(operand);
    // It is for errors of Go programs alone, and a list under it is wrong as a whole.
    if (directive.verb === 'w') return bad(operand);
  }
  switch (typeof value) {
    case 'string':
      return formatText(value, directive) ?? bad(operand);
    case 'bigint':
      return formatInteger(value, directive) ?? bad(operand);
    case 'number':
      return formatFloat(value, directive) ?? bad(operand);
    case 'boolean':
      return formatBool(value, directive) ?? bad(operand);
    default:
      return ownText(operand) ?? content(operand) ?? bad(operand);
  }
}

function nil({ directive, place }: Operand): string {
  if (place === 'inner') return directive.isGoSyntax ? 'interface {}(nil)' : '<nil>';
  if (place === 'action') return '<no value>';
  return /[vT]/.test(directive.verb) ? padded('<nil>', directive) : `%!${directive.verb}(<nil>)`;
}

/** A value under a verb that is not for it, as `%!d(string=hi)`. */
function bad({ value, directive }: Operand): readonly Piece[] {
  const shown: Operand = { value, directive: { ...directive, verb: 'v' }, place: 'operand', isBad: true };
  return [`%!${directive.verb}(${typeName(value)}=`, shown, ')'];
}

/** What a value's String method gives, where it has one and the verb is for text. */
function ownText({ value, directive, isBad }: Operand): string | undefined {
  if (isBad || directive.isGoSyntax) return undefined;
  const text = /[vsqxX]/.test(directive.verb) ? stringMethod(value) : undefined;
  return text === undefined ? undefined : formatText(text, directive);
}

function stringMethod(value: Value): string | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'slice':
      return value.text?.(value.items);
    case 'int':
    case 'map':
      return value.text?.();
    case 'time':
      return timeText(value);
    default:
      return undefined;
  }
}

/** What a value holds; undefined when the verb is not for it. */
function content(operand: Operand): string | readonly Piece[] | undefined {
  const { value, directive, place } = operand;
  if (value === null || typeof value !== 'object') return undefined;
  switch (value.kind) {
    case 'int':
      return formatInteger(value.value, directive);
    case 'slice':
      return sliceContent(value, operand);
    case 'map':
      return mapContent(value, operand);
    case 'struct':
      if (place === 'inner' && value.isPointer) return address(operand);
      return structContent(value, operand);
    case 'time':
      return directive.isGoSyntax
        ? formatPlain(timeInGoSyntax(value), directive)
        : timeContent(value, operand);
    case 'func':
      return address(operand);
  }
}

/** A value that Go reaches through a pointer, as that pointer. */
function address({ value, directive }: Operand): string | undefined {
  if (value === null || typeof value !== 'object' || value.kind === 'int' || value.kind === 'time') {
    return undefined;
  }
  if (value.kind === 'struct' && !value.isPointer) return undefined;
  return formatPointer(false, typeName(value), directive);
}

function sliceContent({ type, items }: GoSlice, operand: Operand): readonly Piece[] {
  const members = items.map((item) => [inner(item, operand)]);
  return operand.directive.isGoSyntax
    ? listed(`${type}{`, members, ', ', '}')
    : listed('[', members, ' ', ']');
}

function mapContent({ type, entries }: GoMap, operand: Operand): readonly Piece[] {
  const sorted = Array.from(entries).sort(([a], [b]) => byByteOrder(a, b));
  const members = sorted.map(([key, value]) => [inner(key, operand), ':', inner(value, operand)]);
  return operand.directive.isGoSyntax
    ? listed(`${type}{`, members, ', ', '}')
    : listed('map[', members, ' ', ']');
}

function structContent(struct: GoStruct, operand: Operand): readonly Piece[] {
  const { isGoSyntax, hasFieldNames } = operand.directive;
  const members = struct.names.map((name) => {
    const value = inner(struct.field(name), operand);
    return isGoSyntax || hasFieldNames ? [`${name}:`, value] : [value];
  });
  const pointer = struct.isPointer && operand.place === 'operand' ? '&' : '';
  return isGoSyntax
    ? listed(`${pointer}${struct.type}{`, members, ', ', '}')
    : listed(`${pointer}{`, members, ' ', '}');
}

/** The fields of time.Time: nanoseconds, seconds since the year 1, and a location, which is nil for UTC. */
function timeContent({ seconds, nanoseconds, zone }: GoTime, operand: Operand): readonly Piece[] {
  const wall = inner(unnamed('uint64', nanoseconds), operand);
  const ext = inner(unnamed('int64', seconds - ZERO_SECONDS), operand);
  return listed('{', [[wall], [ext], [location(zone.name === 'UTC', operand.directive)]], ' ', '}');
}

function location(isUtc: boolean, directive: Directive): string {
  const type = '*time.Location';
  const shown = formatPointer(isUtc, type, directive);
  if (shown !== undefined) return shown;
  return `%!${directive.verb}(${type}=${formatPointer(isUtc, type, { ...directive, verb: 'v' })})`;
}

function unnamed(type: string, value: number): GoInt {
  return { kind: 'int', type, value: BigInt(value), methods: NO_METHODS, text: () => `${value}` };
}

function inner(value: Value, { directive, isBad }: Operand): Operand {
  return { value, directive, place: 'inner', isBad };
}

function listed(
  open: string,
  members: readonly (readonly Piece[])[],
  separator: string,
  close: string,
): readonly Piece[] {
  const pieces: Piece[] = [open];
  for (const [index, member] of members.entries()) {
    if (index > 0) pieces.push(separator);
    pieces.push(...member);
  }
  pieces.push(close);
  return pieces;
}
