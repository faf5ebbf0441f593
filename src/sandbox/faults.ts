import { Ajv } from 'ajv';
import type { FromSchema } from 'json-schema-to-ts';
import { parseDuration } from '../config/duration.ts';
import { SANDBOX_VENDORS, type SandboxVendor } from './incidents.ts';

/** Characters of a credential that a fault can be addressed by: those that an incident shows as its `account`. */
const ACCOUNT_LENGTH = 4;

/** What can be made to go wrong: the body of `POST /sandbox/faults`. */
export const faultSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    vendor: { type: 'string', enum: SANDBOX_VENDORS, description: 'Only this vendor. Default: every one.' },
    account: {
      type: 'string',
      minLength: ACCOUNT_LENGTH,
      maxLength: ACCOUNT_LENGTH,
      description:
        'Only requests with the credential that ends in these four characters. Default: every one.',
    },
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
    async_status: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description:
        'Opsgenie and JSM: the request is answered 202, then fails with this as its status; nothing changes.',
    },
    async_delay_ms: {
      type: 'integer',
      minimum: 0,
      maximum: 3_600_000,
      description:
        'Opsgenie and JSM: for so long after its 202, what became of the request is not yet known.',
    },
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

/** What a fault does to the answer to a request. */
const ANSWER_EFFECTS = ['status', 'latency_ms', 'hang', 'reset'] as const satisfies readonly (keyof Fault)[];
/** What it does to a request that was answered already, and is processed later: Opsgenie's and JSM's. */
const LATER_EFFECTS = ['async_status', 'async_delay_ms'] as const satisfies readonly (keyof Fault)[];

export interface Faults {
  /** Adds a fault; or says what is wrong with its description. */
  add(fault: unknown): Fault | Error;
  /** The fault that hits the answer to the next request of a vendor with this credential, if any. */
  next(vendor: SandboxVendor, credential: string): Fault | undefined;
  /** The fault that hits the processing of the next asynchronous request that was answered 202, if any. */
  nextLater(vendor: SandboxVendor, credential: string): Fault | undefined;
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
  const nextOf = (isLater: boolean, vendor: SandboxVendor, credential: string) => {
    let hit: Fault | undefined;
    for (const entry of current()) {
      const { fault } = entry;
      if (hasAny(fault, LATER_EFFECTS) !== isLater || !concerns(fault, vendor, credential)) continue;
      entry.due += fault.rate;
      if (entry.due < 1 || hit !== undefined) continue;
      entry.due -= 1;
      hit = fault;
    }
    return hit;
  };
  return {
    add(fault) {
      if (!check(fault)) {
        const [error] = check.errors ?? [];
        const extra = JSON.stringify(error?.params ?? {});
        return new Error(`${error?.instancePath.slice(1) || 'the fault'} ${error?.message} ${extra}`);
      }
      const contradiction = contradictionIn(fault);
      if (contradiction !== undefined) return new Error(contradiction);
      const ms =
        fault.duration === undefined ? Number.POSITIVE_INFINITY : (parseDuration(fault.duration) ?? 0);
      active.push({ fault, until: now() + ms, due: 0 });
      return fault;
    },
    next: (vendor, credential) => nextOf(false, vendor, credential),
    nextLater: (vendor, credential) => nextOf(true, vendor, credential),
    all: () => current().map(({ fault }) => fault),
    clear() {
      active = [];
    },
  };
}

/** A fault that could never do what it says is refused, so that no test passes because of it. */
function contradictionIn(fault: Fault): string | undefined {
  if (!hasAny(fault, LATER_EFFECTS)) {
    if (hasAny(fault, ANSWER_EFFECTS)) return undefined;
    return `the fault must have one of ${[...ANSWER_EFFECTS, ...LATER_EFFECTS].join(', ')}`;
  }
  const [other] = [...ANSWER_EFFECTS, 'retry_after' as const].filter((name) => fault[name] !== undefined);
  if (other !== undefined) {
    return `${other} hits the answer, ${LATER_EFFECTS.join(' and ')} what follows it: add two faults`;
  }
  return fault.vendor === 'pagerduty' ? 'PagerDuty does not tell what becomes of a request' : undefined;
}

function concerns(fault: Fault, vendor: SandboxVendor, credential: string): boolean {
  const { vendor: onlyVendor = vendor, account = credential.slice(-ACCOUNT_LENGTH) } = fault;
  return onlyVendor === vendor && account === credential.slice(-ACCOUNT_LENGTH);
}

function hasAny(fault: Fault, names: readonly (keyof Fault)[]): boolean {
  return names.some((name) => fault[name] !== undefined);
}
