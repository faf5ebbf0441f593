import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';
import type { AlertStatus } from '../notification/notification.ts';
import { send } from './send.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface SendFlags {
  readonly url: string;
  readonly status: AlertStatus;
  readonly annotation?: readonly string[];
  readonly header?: readonly string[];
  readonly timeout: number;
  readonly output: 'text' | 'json';
}

export function addSendCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('send')
    .description(
      'Send a test alert through a running relay, to the vendors and whoever is on call, and print what became of it. Send it again with --status=resolved to close what it opened; with relay.alertmanager_url the relay closes it after a day. Labels of a real alert act on its incident.',
    )
    .argument(
      '[label...]',
      'labels of the alert, as team=db or team="db"; alertname is PagerelayTest unless given',
    )
    .option('--url <url>', "the relay's webhook", 'http://127.0.0.1:9096/webhook')
    .addOption(
      new Option('--status <status>', 'what the alert does')
        .choices(['firing', 'resolved'])
        .default('firing'),
    )
    .option('--annotation <annotation>', 'annotation, as summary="a test"; may be repeated', collect)
    .option(
      '--header <header>',
      "header for what guards the relay, as 'Name: value'; may be repeated",
      collect,
    )
    .addOption(
      new Option('--timeout <duration>', 'how long to wait for the answer')
        .default(30_000, '30s')
        .argParser(toTimeout),
    )
    .addOption(
      new Option('--output <form>', "a table, or the relay's answer as it is")
        .choices(['text', 'json'])
        .default('text'),
    )
    .action(async (labels: readonly string[], flags: SendFlags) => {
      const { url, status, annotation = [], header = [], timeout, output } = flags;
      const options = { url, status, labels, annotations: annotation, headers: header, output };
      done(await send({ ...options, timeoutMs: timeout }, terminal));
    });
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function toTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1 || ms > 3_600_000) {
    throw new InvalidArgumentError('It must be a duration, as 30s, of at most 1h.');
  }
  return ms;
}
