import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from '../observe/log.ts';
import { check } from './check.ts';
import { addExplainCommand } from './explain-command.ts';
import { addImportCommand } from './import-command.ts';
import { type ListenAddress, parseListenAddress } from './listen-address.ts';
import { addRoutesCommand } from './routes-command.ts';
import { sandboxHelp } from './sandbox-help.ts';
import { addSendCommand } from './send-command.ts';
import { serve } from './serve.ts';
import type { ExitCode, Terminal } from './terminal.ts';

interface ServeFlags {
  readonly 'config.file': string;
  readonly 'config.autoReloadInterval': number;
  readonly 'web.listenAddress': ListenAddress;
  readonly 'web.operatorListenAddress'?: ListenAddress;
  readonly 'web.config.file'?: string;
  readonly 'web.maxConnections': number;
  readonly 'log.level': LogLevel;
  readonly 'log.format': LogFormat;
}

interface CheckFlags {
  readonly alertmanager?: string;
  readonly 'web.config.file'?: string;
  readonly strict: boolean;
}

/** Runs the command line; `argv` without the program's own name. */
export async function run(argv: readonly string[], version: string, terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = createProgram(version, terminal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

/** The commands with their options and help: the source of `--help` and of docs/command-line.md. */
export function createProgram(version: string, terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command('pagerelay')
    .description("Relays Alertmanager's webhooks to PagerDuty, Opsgenie and Jira Service Management.")
    .version(version)
    .exitOverride()
    .showHelpAfterError('(try --help)')
    .configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => void terminal.stderr.write(text),
    })
    .addHelpText('after', '\nExit codes: 0 done, 1 what was asked for does not hold, 2 wrong usage.');

  program
    .command('serve')
    .description('Run the daemon.')
    .addOption(new Option('--config.file <file>', 'config file').default('pagerelay.yaml'))
    .addOption(
      new Option(
        '--config.auto-reload-interval <duration>',
        'how often to look whether the content of the config, its templates or the web config has changed, and to reload; 0s for never',
      )
        .default(30_000, '30s')
        .argParser(toDuration),
    )
    .addOption(listenOption('--web.listen-address <address>', '127.0.0.1:9096'))
    .addOption(
      new Option(
        '--web.operator-listen-address <address>',
        'serve /metrics, /-/reload and /api/v1 here instead, as host:port',
      ).argParser(toAddress),
    )
    .addOption(
      new Option(
        '--web.config.file <file>',
        "TLS and who may do what, in Prometheus's format (docs/access.md)",
      ),
    )
    .addOption(
      new Option('--web.max-connections <number>', 'connections at once, of each address')
        .default(512)
        .argParser(toCount),
    )
    .addOption(
      new Option('--log.level <level>', 'least severe level that is logged')
        .choices(LOG_LEVELS)
        .default('info'),
    )
    .addOption(
      new Option('--log.format <format>', 'form of the log lines').choices(LOG_FORMATS).default('json'),
    )
    .action(async (flags: ServeFlags) => {
      const options = {
        configFile: flags['config.file'],
        listen: flags['web.listenAddress'],
        listenForOperators: flags['web.operatorListenAddress'],
        webConfigFile: flags['web.config.file'],
        maxConnections: flags['web.maxConnections'],
        reloadEveryMs: flags['config.autoReloadInterval'],
        logLevel: flags['log.level'],
        logFormat: flags['log.format'],
        version,
      };
      done(await serve(options, terminal));
    });

  program
    .command('check')
    .description(
      'Check config files; print every fault with its place, and warn of what cannot be meant: routes that no alert takes, keys that do not fit one incident, secret files that are missing or open to everybody, templates that fail.',
    )
    .addArgument(new Argument('<file...>', 'config files'))
    .option(
      '--alertmanager <file>',
      'alertmanager.yml that posts to the relay; warn of what contradicts it, too',
    )
    .option('--web.config.file <file>', 'file with TLS and who may do what; check it, too')
    .option('--strict', 'exit 1 on warnings, too', false)
    .action(async (files: readonly string[], flags: CheckFlags) => {
      const { alertmanager, strict: isStrict } = flags;
      done(await check({ files, isStrict, alertmanager, webConfig: flags['web.config.file'] }, terminal));
    });

  addRoutesCommand(program, terminal, done);
  addExplainCommand(program, terminal, done);
  addSendCommand(program, terminal, done);
  addImportCommand(program, terminal, done);

  program
    .command('sandbox')
    .description(
      'Run stand-ins for PagerDuty, Opsgenie and JSM on loopback, strict about their documented contracts.',
    )
    .addOption(listenOption('--listen <address>', '127.0.0.1:9097'))
    .addHelpText('after', ({ command }) => {
      const help = command.createHelp();
      help.prepareContext({});
      return sandboxHelp(help);
    })
    .action(async ({ listen }: { listen: ListenAddress }) => {
      const { runSandbox } = await import('./run-sandbox.ts');
      done(await runSandbox(listen, terminal));
    });

  return program;
}

function listenOption(flags: string, address: string): Option {
  return new Option(flags, 'address to listen on, as host:port; :port for every interface')
    .default(toAddress(address), address)
    .argParser(toAddress);
}

function toDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms > 3_600_000)
    throw new InvalidArgumentError('It must be a duration such as 30s, of at most 1h.');
  return ms;
}

function toCount(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function toAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new InvalidArgumentError('It must be host:port.');
  return address;
}
