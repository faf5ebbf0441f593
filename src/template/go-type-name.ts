import type { Value } from './value.ts';

/** The name of a value's type, as Go's `%T` prints it: `int`, `[]string`, `*template.Data`; `<nil>` where there is none. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      return value === null ? '<nil>' : objectType(value);
  }
}

function objectType(value: Extract<Value, { readonly kind: string }>): string {
  // Of a function Go also prints what it takes and gives; templates hold none that could be printed.
  if (value.kind === 'func') return 'func()';
  return value.kind === 'struct' && value.isPointer ? `*${value.type}` : value.type;
}
