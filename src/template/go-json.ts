import { byByteOrder } from './byte-order.ts';
import { timeJSON } from './go-time-format.ts';
import { typeName } from './go-type-name.ts';
import { tooLong } from './too-long.ts';
import type { Value } from './value.ts';

type Composite = Extract<Value, object>;

interface Output {
  text: string;
  readonly maxLength: number;
}

/**
 * Go's json.Marshal: map keys in the order of their bytes, `<`, `>`, `&`, U+2028 and U+2029 escaped, durations in ns, times
 * as RFC 3339. Over `maxLength` UTF-16 units it is an error: few values can hold each other many times.
 */
export function toJson(value: Value, maxLength: number): string | Error {
  const output: Output = { text: '', maxLength };
  return write(value, output) ?? output.text;
}

/** Gives an error, or nothing. */
function write(value: Value, output: Output): Error | undefined {
  if (typeof value === 'object' && value !== null) return writeComposite(value, output);
  return writeText(typeof value === 'number' ? floatJson(value) : scalarJson(value), output);
}

function writeText(text: string | Error, output: Output): Error | undefined {
  if (text instanceof Error) return text;
  output.text += text;
  return output.text.length > output.maxLength ? tooLong(output.maxLength) : undefined;
}

function scalarJson(value: null | boolean | bigint | string): string {
  return typeof value === 'string' ? stringJson(value) : String(value);
}

/** As JSON.stringify, but with U+FFFD for half a surrogate pair, and safe inside HTML and JavaScript. */
function stringJson(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, unicodeEscape);
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function floatJson(value: number): string | Error {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  const text = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  return new Error(`json: unsupported value: ${text}`);
}

function writeComposite(value: Composite, output: Output): Error | undefined {
  switch (value.kind) {
    case 'int':
      return writeText(String(value.value), output);
    case 'time': {
      const text = timeJSON(value);
      return text instanceof Error
        ? new Error(`json: error calling MarshalJSON for type time.Time: ${text.message}`)
        : writeText(`"${text}"`, output);
    }
    case 'slice':
      return writeAll('[', value.items, (item) => write(item, output), ']', output);
    case 'map': {
      const sorted = [...value.entries].sort(([a], [b]) => byByteOrder(a, b));
      return writeAll('{', sorted, ([key, item]) => writeMember(key, item, output), '}', output);
    }
    case 'struct':
      return writeAll(
        '{',
        value.names,
        (name) => writeMember(jsonName(value.type, name), value.field(name), output),
        '}',
        output,
      );
    case 'func':
      return new Error(`json: unsupported type: ${typeName(value)}`);
  }
}

function writeAll<T>(
  open: string,
  items: readonly T[],
  writeItem: (item: T) => Error | undefined,
  close: string,
  output: Output,
): Error | undefined {
  output.text += open;
  for (const [i, item] of items.entries()) {
    if (i > 0) output.text += ',';
    const error = writeItem(item);
    if (error !== undefined) return error;
  }
  return writeText(close, output);
}

function writeMember(name: string, value: Value, output: Output): Error | undefined {
  output.text += `${stringJson(name)}:`;
  return write(value, output);
}

/** What the tags of Alertmanager's structs say (template/template.go): as in its webhook. Pairs have no tags. */
function jsonName(type: string, field: string): string {
  if (type === 'template.Pair') return field;
  if (field === 'NotificationReason') return 'notification_reason';
  return field.slice(0, 1).toLowerCase() + field.slice(1);
}
