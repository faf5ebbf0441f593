import type { Value } from './value.ts';

/** Whether a value counts as true: neither nil, nor false, nor zero, nor empty (text/template's IsTrue). */
export function truth(value: Value): boolean {
  if (typeof value !== 'object') return Boolean(value);
  switch (value?.kind) {
    case undefined:
      return false;
    case 'int':
      return value.value !== 0n;
    case 'slice':
      return value.items.length > 0;
    case 'map':
      return value.entries.size > 0;
    default:
      return true;
  }
}
