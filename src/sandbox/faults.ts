import { Ajv } from 'ajv';
import type { FromSchema } from 'json-schema-to-ts';
import { parseDuration } from '../config/duration.ts';
import { SANDBOX_VENDORS, type SandboxVendor } from './incidents.ts';

/** What can be made to go wrong: the body of `POST /sandbox/faults`. */
export const faultSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    vendor: { type: 'string', enum: SANDBOX_VENDORS, description: 'Only this vendor. Default: every one.' },
    status: {
      type: 'integer',
      minimum: 200,
      maximum: 599,
      description: 'Answered instead of the real answer.',
    },
    retry_after: { type: 'integer', minimum: 0, maximum: 3600, description: 'Seconds, sent as Retry-After.' },
    latency_ms: { type: 'integer', minimum: 0, maximum: 60000, description: 'Waited before the answer.' },
    hang: { type: 'boolean', const: true, description: 'No answer at all.' },
    reset: { type: 'boolean', const: true, description: 'The connection is reset.' },
    rate: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
      description: 'Share of requests that it hits.',
    },
    duration: {
      type: 'string',
      format: 'duration',
      description: 'How long it lasts. Default: until it is removed.',
    },
  },
} as const;

export type Fault = FromSchema<typeof faultSchema>;

export interface Faults {
  /** Adds a fault; or says what is wrong with its description. */
  add(fault: unknown): Fault | Error;
  /** The fault that hits the next request of a vendor, if any. */
  next(vendor: SandboxVendor): Fault | undefined;
  all(): readonly Fault[];
  clear(): void;
}

interface Active {
  readonly fault: Fault;
  readonly until: number;
  /** What of a hit has added up; one whole makes a hit. Every n-th request instead of a random one: runs repeat. */
  due: number;
}

export function createFaults(now: () => number): Faults {
  const ajv = new Ajv({ strict: true, useDefaults: true });
  ajv.addFormat('duration', (text) => parseDuration(text) !== undefined);
  const check = ajv.compile<Fault>(faultSchema);
  let active: Active[] = [];
  const current = () => {
    active = active.filter(({ until }) => now() < until);
    return active;
  };
  return {
    add(fault) {
      if (!check(fault)) {
        const [error] = check.errors ?? [];
        const extra = JSON.stringify(error?.params ?? {});
        return new Error(`${error?.instancePath.slice(1) || 'the fault'} ${error?.message} ${extra}`);
      }
      const { status, latency_ms, hang, reset } = fault;
      if ((status ?? latency_ms ?? hang ?? reset) === undefined) {
        return new Error('the fault must have a status, latency_ms, hang or reset');
      }
      const ms =
        fault.duration === undefined ? Number.POSITIVE_INFINITY : (parseDuration(fault.duration) ?? 0);
      active.push({ fault, until: now() + ms, due: 0 });
      return fault;
    },
    next(vendor) {
      let hit: Fault | undefined;
      for (const entry of current()) {
        if (entry.fault.vendor !== undefined && entry.fault.vendor !== vendor) continue;
        entry.due += entry.fault.rate;
        if (entry.due < 1 || hit !== undefined) continue;
        entry.due -= 1;
        hit = entry.fault;
      }
      return hit;
    },
    all: () => current().map(({ fault }) => fault),
    clear() {
      active = [];
    },
  };
}
