import { LRUCache } from 'lru-cache';

/** Slows down who guesses: after some failures an address gets one more attempt every few seconds. */
export interface Throttle {
  /** In how many seconds the address may try again; 0: now. */
  waitS(address: string): number;
  failed(address: string): void;
}

const FREE_FAILURES = 10;
const SECONDS_PER_FAILURE = 5;
/** Addresses that are known at once; who has as many starts anew for the first of them. */
const ADDRESSES = 10_000;

interface Failures {
  count: number;
  /** In ms since the epoch. */
  at: number;
}

export function createThrottle(now: () => number): Throttle {
  const addresses = new LRUCache<string, Failures>({ max: ADDRESSES });
  /** Failures that still count: each is forgotten after its seconds. */
  const current = ({ count, at }: Failures) =>
    Math.max(0, count - Math.max(0, now() - at) / 1000 / SECONDS_PER_FAILURE);
  return {
    waitS(address) {
      const failures = addresses.get(networkOf(address));
      if (failures === undefined) return 0;
      const excess = current(failures) - FREE_FAILURES + 1;
      return excess > 0 ? Math.ceil(excess * SECONDS_PER_FAILURE) : 0;
    },
    failed(address) {
      const network = networkOf(address);
      const before = addresses.get(network);
      addresses.set(network, { count: (before === undefined ? 0 : current(before)) + 1, at: now() });
    },
  };
}

/** Who has one IPv6 address has all 2^64 of its network. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const left = head.split(':').filter((group) => group !== '');
  const right = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...(tail === undefined ? [] : zeros), ...right].slice(0, 4).join(':');
}
