import { Ajv } from 'ajv';
import type { Remembered } from '../relay/remembered.ts';

/** What is remembered of an incident, as a text that other replicas understand. */
export function toText(remembered: Remembered): string {
  return JSON.stringify(remembered);
}

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const told = {
  type: 'object',
  required: ['group', 'text', 'startsAtMs', 'acceptedAt'],
  properties: { group: text, text, startsAtMs: number, acceptedAt: number },
} as const;
const schema = {
  type: 'object',
  required: ['action', 'others', 'members'],
  properties: {
    action: { enum: ['trigger', 'acknowledge', 'resolve'] },
    last: told,
    others: { type: 'array', items: told },
    members: {
      type: 'array',
      items: {
        type: 'object',
        required: ['fingerprint', 'startsAtMs'],
        properties: { fingerprint: text, startsAtMs: number, group: text, endedAt: number },
      },
    },
    resolvedAt: number,
    endHeardAt: number,
    reopenFrom: number,
    staysOpen: { const: true },
    foundAt: number,
    unseenAt: number,
  },
} as const;

/** The reverse; undefined for anything else, for another version or another program may have written there. */
export type FromText = (stored: unknown) => Remembered | undefined;

export function createFromText(): FromText {
  const check = new Ajv({ strict: true }).compile<Remembered>(schema);
  return (stored) => {
    if (typeof stored !== 'string') return undefined;
    try {
      const value: unknown = JSON.parse(stored);
      return check(value) ? value : undefined;
    } catch {
      return undefined;
    }
  };
}
