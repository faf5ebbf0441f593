import { type AxiosAdapter, AxiosError, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios';
import type { Dispatcher } from 'undici';

/** Most of an answer that is read, in bytes: enough for any vendor's error text. */
const MAX_BODY_BYTES = 64 * 1024;

/** How long the body may lag behind the status, in ms. The status alone decides; a dripping body must not delay it. */
const BODY_GRACE_MS = 1000;

/**
 * axios over undici's dispatch: an attempt costs about a third of what axios's own adapter takes, and pools, proxies
 * and keep-alive are undici's. Resolves with any status; rejects with an AxiosError whose code is ETIMEDOUT,
 * ERR_CANCELED or the network's own.
 */
export function undiciAdapter(dispatcher: Dispatcher): AxiosAdapter {
  return (config) =>
    new Promise((resolve, reject) => {
      const exchange = new Exchange(config, resolve, reject);
      const { origin, pathname, search } = new URL(config.url ?? '');
      dispatcher.dispatch(
        {
          origin,
          path: pathname + search,
          method: config.method?.toUpperCase() as Dispatcher.HttpMethod,
          headers: config.headers.toJSON() as Record<string, string>,
          body: config.data,
        },
        exchange,
      );
    });
}

/** One request and its answer. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #config: InternalAxiosRequestConfig;
  readonly #resolve: (response: AxiosResponse<string>) => void;
  readonly #reject: (error: AxiosError) => void;
  readonly #onAbort = () => this.#fail('ERR_CANCELED');
  #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: { status: number; statusText: string; headers: Record<string, string> } | undefined;
  #chunks: Buffer[] = [];
  #received = 0;
  #settled = false;

  constructor(
    config: InternalAxiosRequestConfig,
    resolve: (response: AxiosResponse<string>) => void,
    reject: (error: AxiosError) => void,
  ) {
    this.#config = config;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#fail('ETIMEDOUT'), config.timeout ?? 0);
    config.signal?.addEventListener?.('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(new Error('no longer wanted'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string>,
    statusText = '',
  ): void {
    if (status < 200) return;
    this.#answer = { status, statusText, headers };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#finish(), BODY_GRACE_MS);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > MAX_BODY_BYTES) this.#finish();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#controller = undefined;
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#answer === undefined) this.#fail(codeOf(error));
    else this.#finish();
  }

  #finish(): void {
    const answer = this.#answer;
    if (answer === undefined || !this.#settle()) return;
    const data = Buffer.concat(this.#chunks).toString();
    this.#resolve({ ...answer, data, config: this.#config });
    this.#controller?.abort(new Error('enough was read'));
  }

  #fail(code: string): void {
    if (!this.#settle()) return;
    this.#reject(new AxiosError(code, code));
    this.#controller?.abort(new Error(code));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#config.signal?.removeEventListener?.('abort', this.#onAbort);
    return true;
  }
}

function codeOf(error: Error): string {
  const { code, cause } = error as Error & { code?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? codeOf(cause) : error.name;
}
