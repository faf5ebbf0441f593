import { type AxiosAdapter, AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher } from 'undici';
import type { Attempt } from './notifier.ts';
import type { Answer } from './outcome.ts';
import type { Round } from './round.ts';

/** Most of an answer that is read unless the request says otherwise, in bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** What says to wait holds up others: its words are waited for no longer than this after its head, in ms. */
const WORDS_WITHIN_MS = 50;

/** Nothing was sent, for by then it was not to start. */
export const HELD_UP = 'ERR_HELD_UP';

/**
 * axios over undici's dispatch, for one request. The headers go past axios: its header objects would cost more than the
 * rest of a notification (docs/adr/0005-axios-over-undici.md). Resolves with any status; rejects with an AxiosError whose
 * code is ETIMEDOUT, ERR_CANCELED, `HELD_UP` or the network's own.
 */
export function undiciAdapter(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  headers: Readonly<Record<string, string | string[]>>,
  attempt: Attempt,
  round: Round,
  maxAnswerBytes = MAX_ANSWER_BYTES,
): AxiosAdapter {
  return (config) =>
    new Promise((resolve, reject) => {
      const { url = '' } = config;
      const pathAt = url.indexOf('/', 'https://'.length);
      const exchange = new Exchange(config, attempt, round, maxAnswerBytes, resolve, reject);
      const method = config.method?.toUpperCase() as Dispatcher.HttpMethod;
      const request = {
        method,
        origin: url.slice(0, pathAt),
        path: url.slice(pathAt),
        headers,
        body: config.data || null,
      };
      dispatcher.dispatch(request, exchange);
    });
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #config: InternalAxiosRequestConfig;
  readonly #attempt: Attempt;
  readonly #round: Round;
  readonly #maxAnswerBytes: number;
  readonly #resolve: (response: AxiosResponse<Answer>) => void;
  readonly #reject: (error: AxiosError) => void;
  readonly #onAbort = () => this.#giveUp('ERR_CANCELED');
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: { status: number; statusText: string; headers: Answer['headers'] } | undefined;
  readonly #chunks: Buffer[] = [];
  #received = 0;
  #settled = false;

  constructor(
    config: InternalAxiosRequestConfig,
    attempt: Attempt,
    round: Round,
    maxAnswerBytes: number,
    resolve: (response: AxiosResponse<Answer>) => void,
    reject: (error: AxiosError) => void,
  ) {
    this.#config = config;
    this.#attempt = attempt;
    this.#round = round;
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#giveUp('ETIMEDOUT'), Math.max(1, attempt.timeoutMs));
    attempt.signal.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (!this.#settled && this.#attempt.mayStart?.() === false) this.#fail(HELD_UP);
    // Thrown, for an abort would close the connection, over which nothing was sent.
    if (this.#settled) throw new Error('no longer wanted');
    this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string>,
    statusText = '',
  ): void {
    if (status < 200) return;
    this.#answer = { status, statusText, headers };
    if (!saysToWait(status, headers)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish(), WORDS_WITHIN_MS);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > this.#maxAnswerBytes) this.#finish();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#giveUp(codeOf(error));
  }

  /** The status alone decides: a body that drips does not undo it. */
  #giveUp(code: string): void {
    if (this.#answer === undefined) this.#fail(code);
    else this.#finish();
  }

  #finish(): void {
    const answer = this.#answer;
    if (answer === undefined || !this.#settle()) return;
    const { status, statusText, headers } = answer;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    const data: Answer = { status, headers, body: body?.toString() ?? '' };
    const handOn = () => this.#resolve({ data, status, statusText, headers: {}, config: this.#config });
    if (status < 300) this.#round.putOff(handOn);
    else this.#handOnAtOnce(handOn);
    this.#controller?.abort(new Error('enough was read'));
  }

  #fail(code: string): void {
    if (!this.#settle()) return;
    this.#handOnAtOnce(() => this.#reject(new AxiosError(code, code)));
    this.#controller?.abort(new Error(code));
  }

  /** What holds up others is known before anything else is sent, and what was accepted before it counts before it. */
  #handOnAtOnce(handOn: () => void): void {
    this.#round.catchUp();
    handOn();
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#attempt.signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

/** Whether nothing more may go out for now (outcome.ts reads for how long). */
function saysToWait(status: number, headers: Answer['headers']): boolean {
  return status === 429 || (status >= 400 && headers['retry-after'] !== undefined);
}

function codeOf(error: Error): string {
  const { code, cause, message } = error as Error & { code?: unknown };
  // undici has no code of its own for what a proxy answers to CONNECT.
  const [, status] = /^Proxy response \((\d+)\)/.exec(message) ?? [];
  if (status !== undefined) return `PROXY_ANSWERED_${status}`;
  if (typeof code === 'string') return code;
  return cause instanceof Error ? codeOf(cause) : error.name;
}
