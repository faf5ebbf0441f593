import { createHmac, randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import { LRUCache } from 'lru-cache';

/** Checks users' passwords against bcrypt hashes, without letting that take the processor from notifications. */
export interface Passwords {
  /** Whether it was found right before. */
  isKnown(password: string, hash: string | undefined): boolean;
  /**
   * Whether the password is the one behind the hash; an unknown user has none, and takes as long as one of this cost.
   * Undefined where too many are being checked already.
   */
  check(password: string, hash: string | undefined, cost: number): Promise<boolean | undefined>;
}

/** The cost of a bcrypt hash, as the logarithm of its rounds. */
export function costOf(hash: string): number {
  return Number(/^\$2[aby]\$(\d\d)\$/.exec(hash)?.[1] ?? 0);
}

/** A hash that no password is behind. */
function nobodys(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'a'.repeat(53)}`;
}
/** bcrypt runs on libuv's four threads, on which files are read as well. */
const AT_ONCE = 2;
/** One takes some 60 ms at a cost of 10. */
const WAITING = 16;
const REMEMBERED = 1_000;

export function createPasswords(): Passwords {
  // What was right once is found again without bcrypt: Alertmanager sends it with every webhook. No password is kept, only an HMAC of it under a key of this process.
  const secret = randomBytes(32);
  const right = new LRUCache<string, true>({ max: REMEMBERED });
  const waiting: (() => void)[] = [];
  let underWay = 0;

  async function compare(password: string, hash: string): Promise<boolean | undefined> {
    if (underWay >= AT_ONCE) {
      if (waiting.length >= WAITING) return undefined;
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else underWay++;
    try {
      // htpasswd and PHP write 2y, which is the same as 2b.
      return await bcrypt.compare(password, hash.replace(/^\$2y\$/, '$2b$'));
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay--;
      else next();
    }
  }

  const keyOf = (password: string, hash: string | undefined) =>
    createHmac('sha256', secret).update(`${hash}\n${password}`).digest('base64');

  return {
    isKnown: (password, hash) => right.has(keyOf(password, hash)),
    async check(password, hash, cost) {
      const isRight = await compare(password, hash ?? nobodys(cost));
      if (isRight === undefined) return undefined;
      if (!isRight || hash === undefined) return false;
      right.set(keyOf(password, hash), true);
      return true;
    },
  };
}
