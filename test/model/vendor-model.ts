import type { HttpClient } from '../../src/notify/http-client.ts';
import type { HttpRequest, NoAnswer } from '../../src/notify/http-request.ts';
import type { Answer } from '../../src/notify/outcome.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What happens to requests. `lost`: the event is taken, but its answer never arrives. */
export const FAULTS = ['down', 'limited', 'reset', 'lost', 'hangs'] as const;
export type Fault = (typeof FAULTS)[number];

/**
 * PagerDuty as far as the model goes: events by routing key and dedup key, and open incidents to be read. The REST API of an
 * account is at a host of its name, and never fails.
 */
export interface VendorModel {
  /** The HTTP client of one process, and how to kill that: what it has sent arrives, and nothing more. */
  connect(): { readonly http: HttpClient; kill(): void };
  /** The next so many requests with this routing key meet the fault. */
  fail(account: string, fault: Fault, times: number): void;
  mend(): void;
  isOpen(account: string, key: string): boolean;
  /** How often an incident was opened. */
  opened(account: string, key: string): number;
  /** What was done that must never be. */
  readonly violations: readonly string[];
  readonly history: readonly string[];
}

interface Event {
  readonly routing_key: string;
  readonly dedup_key: string;
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve';
  readonly client?: string;
  readonly payload?: { readonly custom_details?: object };
}

interface Incident {
  isOpen: boolean;
  /** What it was opened for, each time. */
  readonly causes: (string | undefined)[];
  /** The event that opened it. */
  by: Event;
}

const LATENCY_MS = 20;
const RETRY_AFTER_S = 5;

const ACCEPTED: Answer = { status: 202, headers: {}, body: '' };
/** A new one each time: what waits for a promise stays with it. */
const never = () => new Promise<never>(() => {});
const CANCELED: NoAnswer = { failure: 'canceled', code: 'ERR_CANCELED' };

export interface VendorOptions {
  /** Whether an incident of this key may be opened now. */
  mayOpen(key: string): boolean;
  /** Stands for what an incident of this key is opened for, where none may be opened for the same twice. */
  causeOf(key: string): string | undefined;
}

export function createVendorModel(time: VirtualTime, { mayOpen, causeOf }: VendorOptions): VendorModel {
  const incidents = new Map<string, Incident>();
  const faults = new Map<string, { readonly fault: Fault; left: number }>();
  const violations: string[] = [];
  const history: string[] = [];
  const placeOf = ({ routing_key, dedup_key }: Event) => `${routing_key} ${dedup_key}`;

  function take(event: Event): void {
    const place = placeOf(event);
    const incident = incidents.get(place) ?? { isOpen: false, causes: [], by: event };
    incidents.set(place, incident);
    if (event.event_action === 'trigger' && !incident.isOpen) {
      const cause = causeOf(event.dedup_key);
      if (cause !== undefined && incident.causes.includes(cause))
        violations.push(`opened twice for one firing: ${place}`);
      incident.causes.push(cause);
      if (!mayOpen(event.dedup_key)) violations.push(`opened while muted: ${place}`);
      incident.by = event;
    }
    if (event.event_action !== 'acknowledge') incident.isOpen = event.event_action === 'trigger';
    history.push(`${new Date(time.now()).toISOString()} ${event.event_action} ${place}`);
  }

  /** `GET /incidents` and `GET /incidents/{id}/alerts`. */
  function read({ hostname: account, pathname }: URL): Answer {
    const open = [...incidents.values()].filter(({ isOpen, by }) => isOpen && by.routing_key === account);
    const asked = /^\/incidents\/P(\d+)\/alerts$/.exec(pathname)?.[1];
    const shown = ({ by }: Incident) => ({
      alert_key: by.dedup_key,
      body: { details: by.payload?.custom_details, cef_details: { client: by.client } },
    });
    const body =
      asked === undefined
        ? { incidents: open.map((_, i) => ({ id: `P${i}` })), more: false }
        : { alerts: open.filter((_, i) => i === Number(asked)).map(shown), more: false };
    return { status: 200, headers: {}, body: JSON.stringify(body) };
  }

  function nextFault(account: string): Fault | undefined {
    const active = faults.get(account);
    if (active === undefined || active.left === 0) return undefined;
    active.left--;
    return active.fault;
  }

  async function answer(event: Event): Promise<Answer | NoAnswer> {
    const { routing_key: account } = event;
    const at = time.now();
    const fault = nextFault(account);
    if (fault !== undefined)
      history.push(`${new Date(at).toISOString()} ${fault} ${event.event_action} ${placeOf(event)}`);
    await time.sleep(LATENCY_MS);
    switch (fault) {
      case 'down':
        return { status: 503, headers: {}, body: '' };
      case 'limited':
        return { status: 429, headers: { 'retry-after': String(RETRY_AFTER_S) }, body: '' };
      case 'reset':
        return { failure: 'network', code: 'ECONNRESET' };
      case 'lost':
        take(event);
        return { failure: 'network', code: 'ECONNRESET' };
      case 'hangs':
        return never();
      case undefined:
        take(event);
        return ACCEPTED;
    }
  }

  return {
    violations,
    history,
    connect() {
      const underWay = new Set<string>();
      const pausedUntil = new Map<string, number>();
      let isAlive = true;
      const begin = (event: Event) => {
        const place = placeOf(event);
        if (time.now() < (pausedUntil.get(event.routing_key) ?? 0)) violations.push(`early: ${place}`);
        if (underWay.has(place)) violations.push(`two at a time: ${place}`);
        underWay.add(place);
      };
      const end = (event: Event, got: Answer | NoAnswer) => {
        underWay.delete(placeOf(event));
        const isLimited = 'status' in got && got.status === 429;
        if (isLimited) pausedUntil.set(event.routing_key, time.now() + RETRY_AFTER_S * 1000);
      };
      const http: HttpClient = {
        async send({ method, url, body }: HttpRequest, { signal, timeoutMs }) {
          if (!isAlive) return never();
          if (method === 'GET') return read(new URL(url));
          const event = JSON.parse(String(body)) as Event;
          begin(event);
          const canceled = new Promise<NoAnswer>((resolve) => {
            signal.addEventListener('abort', () => resolve(CANCELED));
          });
          const late = time
            .sleep(timeoutMs)
            .then((): NoAnswer => ({ failure: 'timeout', code: 'ETIMEDOUT' }));
          const got = await Promise.race([answer(event), canceled, late]);
          end(event, got);
          return isAlive ? got : never();
        },
        retain() {},
        close: async () => {},
      };
      return {
        http,
        kill() {
          isAlive = false;
        },
      };
    },
    fail(account, fault, times) {
      faults.set(account, { fault, left: times });
    },
    mend: () => faults.clear(),
    isOpen: (account, key) => incidents.get(`${account} ${key}`)?.isOpen ?? false,
    opened: (account, key) => incidents.get(`${account} ${key}`)?.causes.length ?? 0,
  };
}
