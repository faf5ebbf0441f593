import { createTime } from '../../src/template/go-time.ts';
import {
  type GoMap,
  type GoSlice,
  type GoStruct,
  type GoTime,
  NO_METHODS,
  type Value,
} from '../../src/template/value.ts';
import { UTC } from '../../src/template/zone.ts';

/** Values as templates have them, but without methods or a text of their own, as in Alertmanager 0.25. */

export function slice(type: string, ...items: readonly Value[]): GoSlice {
  return { kind: 'slice', type, items, methods: NO_METHODS };
}

export function map(type: string, entries: Readonly<Record<string, Value>>): GoMap {
  return { kind: 'map', type, entries: new Map(Object.entries(entries)), zero: '', methods: NO_METHODS };
}

export function struct(type: string, fields: Readonly<Record<string, Value>>, isPointer = false): GoStruct {
  const names = Object.keys(fields);
  return {
    kind: 'struct',
    type,
    isPointer,
    names,
    field: (name) => fields[name] ?? null,
    methods: NO_METHODS,
  };
}

/** In UTC, of a text as `2026-01-02T03:04:05Z` or with milliseconds. */
export function time(text: string): GoTime {
  const ms = Date.parse(text);
  const seconds = Math.floor(ms / 1000);
  return createTime({ seconds, nanoseconds: (ms - seconds * 1000) * 1e6, zone: UTC });
}
