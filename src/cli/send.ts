import type { AlertStatus } from '../notification/notification.ts';
import { buildWebhook } from '../webhook/build-webhook.ts';
import { TEST_HEADER } from '../webhook/test-header.ts';
import { parseLabels } from './label-argument.ts';
import { printAnswer, type RelayAnswer, readAnswer } from './relay-answer.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface SendOptions {
  readonly url: string;
  readonly status: AlertStatus;
  /** As `team=db`. */
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
  /** As `Name: value`. */
  readonly headers: readonly string[];
  readonly timeoutMs: number;
  readonly output: 'text' | 'json';
}

/**
 * Posts one test alert to a running relay, in the form of Alertmanager's webhook, and prints what became of it. 0 when
 * the relay answers 2xx. Values of headers are never printed, nor a user or password in the address.
 */
export async function send(options: SendOptions, terminal: Terminal): Promise<ExitCode> {
  const prepared = prepare(options, terminal.now());
  if (prepared instanceof Error) {
    terminal.stderr.write(`${prepared.message}\n`);
    return 2;
  }
  const { url, headers, body } = prepared;
  // A query may hold a token.
  const shown = `${url.origin}${url.pathname}`;
  let answer: RelayAnswer;
  try {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    answer = await readAnswer(response);
  } catch (error) {
    terminal.stderr.write(`${whyUnanswered(error, shown, options.timeoutMs)}\n`);
    return 1;
  }
  terminal.stdout.write(options.output === 'json' ? `${answer.text}\n` : printAnswer(answer));
  const complaint = complaintAbout(answer);
  if (complaint === undefined) return 0;
  terminal.stderr.write(`${shown} answered ${answer.status}${complaint}\n`);
  return 1;
}

interface Prepared {
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/** What is posted where. The error says what is wrong with the arguments. */
function prepare(options: SendOptions, now: number): Prepared | Error {
  const url = parseUrl(options.url);
  if (url instanceof Error) return url;
  const headers = parseHeaders(options.headers);
  if (headers instanceof Error) return headers;
  const labels = parseLabels(['alertname=PagerelayTest', ...options.labels]);
  if (labels instanceof Error) return labels;
  if (Object.values(labels).every((value) => value === '')) return new Error('an alert needs a label');
  const annotations = parseLabels(options.annotations);
  if (annotations instanceof Error) return new Error(`--annotation: ${annotations.message}`);
  const body = buildWebhook({ status: options.status, labels, annotations, atMs: now });
  return { url, headers, body };
}

function parseUrl(text: string): URL | Error {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    return new Error('--url must be an http or https address, as http://127.0.0.1:9096/webhook');
  }
  if (url.username === '' && url.password === '') return url;
  return new Error("--url must not hold a user or password: give them by --header 'Authorization: …'");
}

function parseHeaders(texts: readonly string[]): Headers | Error {
  const headers = new Headers({ 'Content-Type': 'application/json', [TEST_HEADER]: 'true' });
  for (const text of texts) {
    const colon = text.indexOf(':');
    try {
      headers.set(text.slice(0, Math.max(0, colon)).trim(), text.slice(colon + 1).trim());
    } catch {
      return new Error("--header must be 'Name: value', in characters that a header may have");
    }
  }
  return headers;
}

function whyUnanswered(error: unknown, url: string, timeoutMs: number): string {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return `${url} has not answered within ${timeoutMs} ms`;
  const code = typeof cause?.code === 'string' ? cause.code : 'no connection';
  const hint = code === 'ECONNREFUSED' ? ': nothing listens there; pagerelay serve starts the relay' : '';
  return `cannot reach ${url} (${code})${hint}`;
}

/** What to tell beside the status; undefined when all is well. */
function complaintAbout({ status, notifications, error }: RelayAnswer): string | undefined {
  if (error !== undefined) return `: ${error}`;
  if (notifications === undefined) return ', but not as pagerelay does: is this its webhook?';
  return status >= 200 && status < 300 ? undefined : ': not everything was delivered';
}
