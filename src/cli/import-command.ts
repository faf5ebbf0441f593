import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Version } from '../import/entry.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface ImportFlags {
  readonly 'alertmanager.version': Version;
  readonly 'relay.url': string;
  readonly 'output.config'?: string;
  readonly 'output.alertmanager'?: string;
  readonly force: boolean;
}

export function addImportCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  program
    .command('import')
    .description(
      'Move PagerDuty and Opsgenie out of an alertmanager.yml: write a config that sends what Alertmanager sent, and the alertmanager.yml that posts to the relay instead. What cannot be carried over stays there, and is listed on stderr.',
    )
    .argument('<file>', 'alertmanager.yml')
    .addOption(
      new Option('--alertmanager.version <version>', 'version whose defaults are written out')
        .default([0, 34], '0.34')
        .argParser(toVersion),
    )
    .addOption(
      new Option('--relay.url <url>', 'where Alertmanager reaches the relay')
        .default('http://pagerelay:9096')
        .argParser(toRelayUrl),
    )
    .option('--output.config <file>', 'file for the config (default: stdout)')
    .option('--output.alertmanager <file>', 'file for the alertmanager.yml (default: stdout)')
    .option('--force', 'overwrite files that exist', false)
    .action(async (file: string, flags: ImportFlags) => {
      const { 'output.config': configOutput, 'output.alertmanager': alertmanagerOutput } = flags;
      const options = {
        file,
        version: flags['alertmanager.version'],
        relayUrl: flags['relay.url'],
        ...(configOutput === undefined ? {} : { configOutput }),
        ...(alertmanagerOutput === undefined ? {} : { alertmanagerOutput }),
        force: flags.force,
      };
      const { importFile } = await import('./import.ts');
      done(await importFile(options, terminal));
    });
}

function toVersion(text: string): Version {
  const found = /^v?(\d{1,3})\.(\d{1,3})(\.\d+)?$/.exec(text);
  if (found === null) throw new InvalidArgumentError('It must be a version, as 0.34.');
  return [Number(found[1]), Number(found[2])];
}

function toRelayUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && /^https?:$/.test(url.protocol) && url.host !== '';
  if (!isPlain || url.username + url.password + url.search + url.hash !== '') {
    throw new InvalidArgumentError('It must be an http or https address, without user, query and fragment.');
  }
  return text.replace(/\/+$/, '');
}
