import { timeText } from '../../src/template/go-time-format.ts';
import type { Value } from '../../src/template/value.ts';

/** What a method gives; its arguments must be of the types that it takes. */
export function callMethod(receiver: Value | Error, name: string, ...args: readonly Value[]): Value | Error {
  if (receiver === null || typeof receiver !== 'object' || !('methods' in receiver)) {
    throw new Error(`${String(receiver)} has no methods`);
  }
  const method = receiver.methods.get(name);
  if (method === undefined) throw new Error(`there is no method ${name}`);
  return method.call(receiver as never, args);
}

/** As a template prints it, for times, plain values and integers with a text of their own. */
export function printed(value: Value | Error): string {
  if (value === null || typeof value !== 'object') return String(value);
  if ('kind' in value && value.kind === 'time') return timeText(value);
  if ('kind' in value && value.kind === 'int') return value.text();
  throw new Error(`no time, integer or plain value: ${String(value)}`);
}
