import { type Command, Option } from 'commander';
import { type ExplainOptions, explainPayload } from './explain.ts';
import { toMoment } from './moment.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface ExplainFlags extends Pick<ExplainOptions, 'payload' | 'output' | 'receiver'> {
  readonly at?: number;
}

export function addExplainCommand(
  program: Command,
  terminal: Terminal,
  done: (code: ExitCode) => void,
): void {
  program
    .command('explain')
    .description(
      'Show what would become of a webhook, without sending anything: the way of each alert through the tree, incident keys, decisions as after a restart, and every request (keys as <secret>).',
    )
    .argument('<file>', 'config file')
    .requiredOption('--payload <file>', "file with a webhook's body, as Alertmanager posts it")
    .option('--receiver <name>', 'receiver that the webhook is posted to, as in /webhook/name')
    .addOption(
      new Option('--at <time>', 'when the webhook comes, as 2026-11-07T10:00:00Z (default: now)').argParser(
        toMoment,
      ),
    )
    .addOption(new Option('--output <form>', 'form of the output').choices(['text', 'json']).default('text'))
    .action(async (file: string, { at = terminal.now(), ...flags }: ExplainFlags) => {
      done(await explainPayload({ ...flags, file, atMs: at }, terminal));
    });
}
