import { type Command, Option } from 'commander';
import { toMoment } from './moment.ts';
import { showRoutes } from './show-routes.ts';
import type { ExitCode, Terminal } from './terminal.ts';
import { testRoutes } from './test-routes.ts';

interface TestFlags {
  readonly at?: number;
  readonly 'verify.receivers'?: string;
}

export function addRoutesCommand(program: Command, terminal: Terminal, done: (code: ExitCode) => void): void {
  const routes = program.command('routes').description('Look into the route tree of a config.');

  routes
    .command('show')
    .description(
      'Draw the route tree, and what each receiver sends to. Of group_by and dedup the root shows what holds, a route below it what it changes.',
    )
    .argument('<file>', 'config file')
    .action(async (file: string) => done(await showRoutes(file, terminal)));

  routes
    .command('test')
    .description(
      'Print the receivers of an alert with these labels, in order, as amtool config routes test does. Those that time intervals mute are told of on stderr.',
    )
    .argument('<file>', 'config file')
    .argument('[label...]', 'labels of the alert, as team=db or team="db"')
    .addOption(
      new Option(
        '--at <time>',
        'moment for the time intervals, as 2026-11-07T10:00:00Z (default: now)',
      ).argParser(toMoment),
    )
    .option('--verify.receivers <names>', 'receivers that are expected, as a,b; exit 1 when they differ')
    .action(async (file: string, labels: readonly string[], flags: TestFlags) => {
      const { at = terminal.now(), 'verify.receivers': expected } = flags;
      const options = { file, labels, atMs: at, ...(expected === undefined ? {} : { expected }) };
      done(await testRoutes(options, terminal));
    });
}
