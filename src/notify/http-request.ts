export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Absolute, with a path, in the form that `new URL()` writes; checked when the config is loaded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** In UTF-8 where it is bytes. Empty for GET. */
  readonly body: string | Buffer;
  /** Most of the answer that is read, in bytes. Default: 64 KiB, enough for any vendor's error text. */
  readonly maxAnswerBytes?: number | undefined;
}

/** No answer came. `code` is the network's word (`ECONNREFUSED`) or ours, without any part of the request. */
export interface NoAnswer {
  /** `auth`: no token was given; `local`: something of this host, as a file, is missing. */
  readonly failure: 'network' | 'timeout' | 'canceled' | 'auth' | 'local';
  readonly code: string;
  /** No request was made. */
  readonly notSent?: true;
}
