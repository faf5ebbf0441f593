import { defineFunction } from './define-function.ts';
import { equal, less } from './go-compare.ts';
import { escapeHtml, escapeJs } from './go-escape.ts';
import { sprint, sprintf, sprintln } from './go-format.ts';
import { index, lengthOf, slice } from './go-index.ts';
import { queryEscape } from './go-url.ts';
import { truth } from './truth.ts';
import type { GoFunction, Value } from './value.ts';

/** text/template's own functions (text/template/funcs.go), but for `and`, `or` and `call`, which are in call.ts. */
export const BUILTINS: ReadonlyMap<string, GoFunction> = new Map(
  [
    defineFunction('not', ['any'], (value) => !truth(value)),
    defineFunction('eq', ['any', '...any'], (first, ...others) => equal(first, others)),
    defineFunction('ne', ['any', 'any'], (a, b) => negated(equal(a, [b]))),
    defineFunction('lt', ['any', 'any'], less),
    defineFunction('le', ['any', 'any'], lessOrEqual),
    defineFunction('gt', ['any', 'any'], (a, b) => negated(lessOrEqual(a, b))),
    defineFunction('ge', ['any', 'any'], (a, b) => negated(less(a, b))),
    defineFunction('len', ['any'], lengthOf),
    defineFunction('index', ['any', '...any'], (item, ...indexes) => index(item, indexes)),
    defineFunction('slice', ['any', '...any'], (item, ...indexes) => slice(item, indexes)),
    defineFunction('html', ['...any'], (...values) => escapeHtml(textOf(values))),
    defineFunction('js', ['...any'], (...values) => escapeJs(textOf(values))),
    defineFunction('urlquery', ['...any'], (...values) => queryEscape(textOf(values))),
    defineFunction('print', ['...any'], (...values) => sprint(values)),
    defineFunction('printf', ['string', '...any'], (format, ...values) => sprintf(format, values)),
    defineFunction('println', ['...any'], (...values) => sprintln(values)),
  ].map((fn) => [fn.name, fn]),
);

function lessOrEqual(a: Value, b: Value): boolean | Error {
  const isLess = less(a, b);
  return isLess === false ? equal(a, [b]) : isLess;
}

function negated(result: boolean | Error): boolean | Error {
  return result instanceof Error ? result : !result;
}

/** What an escaper escapes: its values as `print` puts them together, each as an action prints it. */
function textOf(values: readonly Value[]): string {
  return sprint(values.map(printable));
}

function printable(value: Value): Value {
  if (value === null) return '<no value>';
  return typeof value === 'object' && value.kind === 'struct' ? { ...value, isPointer: false } : value;
}
