import { readFile } from 'node:fs/promises';
import { explain } from '../relay/explain.ts';
import { createParseWebhook, type Webhook } from '../webhook/webhook.ts';
import { loadConfig } from './load-config.ts';
import { explanationData, printExplanation } from './print-explanation.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface ExplainOptions {
  readonly file: string;
  /** A file with a webhook's body. */
  readonly payload: string;
  /** As in `/webhook/:receiver`. */
  readonly receiver?: string;
  /** When the webhook comes, in ms since the epoch. */
  readonly atMs: number;
  readonly output: 'text' | 'json';
}

/** A dry run of one webhook: the way through the tree, keys, decisions, and every request that would be sent. */
export async function explainPayload(options: ExplainOptions, terminal: Terminal): Promise<ExitCode> {
  const config = await loadConfig(options.file, terminal);
  if (config === undefined) return 1;
  const webhook = await readWebhook(options.payload, config.relay.maxAlerts);
  if (webhook instanceof Error) {
    terminal.stderr.write(`${options.payload}: ${webhook.message}\n`);
    return 1;
  }
  const { receiver, atMs } = options;
  if (receiver !== undefined && !config.receivers.has(receiver)) {
    terminal.stderr.write(
      `there is no receiver ${receiver} (there are: ${[...config.receivers.keys()].join(', ')})\n`,
    );
    return 1;
  }
  const explanation = explain(webhook, config, atMs, receiver);
  const text =
    options.output === 'json'
      ? `${JSON.stringify(explanationData(explanation), null, 2)}\n`
      : printExplanation(explanation);
  terminal.stdout.write(text);
  return 0;
}

async function readWebhook(file: string, maxAlerts: number): Promise<Webhook | Error> {
  const body = await readFile(file).catch((error: NodeJS.ErrnoException) => error);
  if (!Buffer.isBuffer(body)) return new Error(`the file cannot be read (${body.code})`);
  const webhook = createParseWebhook()(body, maxAlerts);
  return 'message' in webhook ? new Error(webhook.message) : webhook;
}
