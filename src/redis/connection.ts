import { setImmediate as nextRound, setTimeout as sleep } from 'node:timers/promises';
import type { Secret, SecretSource } from '../notification/secret.ts';
import { readSecrets } from '../notify/read-secrets.ts';
import { Cancellation } from '../notify/signal.ts';
import { whenRead } from '../relay/event-loop.ts';

/** A connection to Redis that comes back by itself. */
export interface Connection {
  /** The first attempt to connect is over. */
  readonly tried: Promise<void>;
  /**
   * Runs a script. Undefined, and soon, when Redis cannot be reached or does not answer in time. What becomes of one that
   * Redis may have run all the same goes to `later`: its reply, or undefined where that was lost.
   */
  run(
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[],
    later?: (reply: unknown) => void,
  ): Promise<unknown>;
  close(): Promise<void>;
}

export interface ConnectionOptions {
  readonly url: SecretSource;
  /** Listened to; what is published there goes to `onMessage`. */
  readonly channel: string;
  onMessage(message: string): void;
  /** Told when Redis can be used, and of everything that keeps it from that. */
  onUp(): void;
  onError(why: string): void;
  /** Told of a command that was not waited for, though Redis answers others. */
  onLate(): void;
}

/** Redis is silent when it has answered nothing for so long, in ms. */
const ANSWER_MS = 250;
/** A page must not wait for Redis for longer than this, in ms, though it answers others. */
const LONGEST_MS = 1_500;
const CONNECT_MS = 2_000;
/** After an error, or a command that was not waited for, nothing is asked for a while, then one goes first, in ms. */
const PAUSE_MS = 1_000;
/** Between attempts to connect, in ms. */
const RECONNECT_MS = 1_000;

/**
 * What may be written in one round of the event loop. With Node's 16 KiB the commands of a large webhook take forty rounds, and
 * in a busy process each of them is long.
 */
const UNSENT_BYTES = 2 ** 20;

type Client = Awaited<ReturnType<typeof clientFor>>;

/** In ms, by a clock that nobody sets back: Redis would not be asked for as long. */
const now = () => performance.now();

/** The library takes 15 MB: only who uses Redis loads it. */
async function clientFor(url: string) {
  const { createClient } = await import('@redis/client');
  const socket = {
    connectTimeout: CONNECT_MS,
    reconnectStrategy: false,
    highWaterMark: UNSENT_BYTES,
  } as const;
  return createClient({ url, disableOfflineQueue: true, socket });
}

export function connect(options: ConnectionOptions): Connection {
  const { url, channel, onMessage, onUp, onError, onLate } = options;
  let clients: readonly [commands: Client, messages: Client] | undefined;
  let trustedFrom = 0;
  let answeredAt = Number.NEGATIVE_INFINITY;
  /** Commands that were not waited for any longer, and have no answer yet: it is not used again before those. */
  let late = 0;
  let timer: NodeJS.Timeout | undefined;
  const closing = new Cancellation();
  const tried = open();

  async function open(): Promise<void> {
    const commands = await unconnected();
    if (closing.aborted) return;
    if (commands instanceof Error) return again(commands.message);
    const opened = [commands, commands.duplicate()] as const;
    let isOver = false;
    const lost = (error: unknown) => {
      if (isOver) return;
      isOver = true;
      if (clients === opened) clients = undefined;
      for (const client of opened) if (client.isOpen) client.destroy();
      again(reasonOf(error));
    };
    for (const client of opened) client.on('error', lost);
    const cut = setTimeout(() => lost(new Error('no answer')), CONNECT_MS);
    try {
      await Promise.all(opened.map((client) => client.connect()));
      await opened[1].subscribe(channel, onMessage);
    } catch (error) {
      lost(error);
    } finally {
      clearTimeout(cut);
    }
    if (isOver) return;
    clients = opened;
    if (closing.aborted) return void close();
    trustedFrom = 0;
    onUp();
  }

  /** A client for the address as it is now. What is wrong with an address, the library would say with the address. */
  async function unconnected(): Promise<Client | Error> {
    const read = await readSecrets([url], { signal: closing, timeoutMs: CONNECT_MS });
    if (read instanceof Error) return read;
    const [address] = read as readonly [Secret];
    return clientFor(address.reveal()).catch(() => new Error('the address cannot be used'));
  }

  function again(why: string): void {
    if (closing.aborted) return;
    onError(why);
    timer = setTimeout(() => void open(), RECONNECT_MS);
    timer.unref();
  }

  async function run(
    script: string,
    keys: readonly string[],
    args: readonly (string | number)[],
    later?: (reply: unknown) => void,
  ): Promise<unknown> {
    const [commands] = clients ?? [];
    if (commands === undefined || now() < trustedFrom) return undefined;
    // Where it has failed, the others stay away until this one is back.
    if (trustedFrom > 0) trustedFrom = now() + ANSWER_MS;
    const over = new AbortController();
    const reply = commands.eval(script, { keys: [...keys], arguments: args.map(String) });
    try {
      const answer = await Promise.race([reply, silence(over.signal)]);
      if (answer !== NO_ANSWER) {
        answered();
        return answer;
      }
      if (now() - answeredAt < ANSWER_MS) rest();
      else fail('no answer');
      late++;
      reply
        .finally(() => {
          late--;
        })
        .then(
          (own) => {
            answered();
            later?.(own);
          },
          () => later?.(undefined),
        );
    } catch (error) {
      fail(reasonOf(error));
      later?.(undefined);
    } finally {
      over.abort();
    }
    return undefined;
  }

  /**
   * The time for an answer is over. That of a busy process is Redis's no fault: it begins when the command has been written, at
   * the end of this round of the event loop, and is over when what had come by then has been read. Nor is that of many
   * commands, of which it answers one after the other.
   */
  async function silence(signal: AbortSignal): Promise<typeof NO_ANSWER> {
    await nextRound();
    const since = now();
    do {
      await sleep(ANSWER_MS, undefined, { signal });
      await whenRead();
    } while (now() - answeredAt < ANSWER_MS && now() - since < LONGEST_MS);
    return NO_ANSWER;
  }

  function answered(): void {
    answeredAt = now();
    if (trustedFrom === 0 || late > 0) return;
    trustedFrom = 0;
    onUp();
  }

  /** It has more to do than it can. */
  function rest(): void {
    trustedFrom = now() + PAUSE_MS;
    onLate();
  }

  function fail(why: string): void {
    trustedFrom = now() + PAUSE_MS;
    onError(why);
    // The name may lead to the new primary by now.
    if (isReadOnly(why)) clients?.[0].emit('error', new Error(why));
  }

  async function close(): Promise<void> {
    closing.abort(new Error('closed'));
    clearTimeout(timer);
    const open = clients ?? [];
    clients = undefined;
    const closed = Promise.all(open.map((client) => client.close().catch(() => {})));
    await Promise.race([closed, sleep(ANSWER_MS)]);
    for (const client of open) if (client.isOpen) client.destroy();
  }

  return { tried, run, close };
}

const NO_ANSWER = Symbol('no answer');

/** Redis and the network do not repeat the address, which may hold a password. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** Whether an error says that this is a replica of Redis, which takes no writes. Redis 6 says so inside of a script's error. */
export function isReadOnly(error: string): boolean {
  return /(^|-)READONLY /.test(error);
}
