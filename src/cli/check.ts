import { readFile } from 'node:fs/promises';
import type { Config } from '../config/compile.ts';
import { lintAlertmanager, lintUnposted } from '../config/lint-alertmanager.ts';
import { lintAlertmanagerReceivers } from '../config/lint-alertmanager-receivers.ts';
import { lintSecrets } from '../config/lint-secrets.ts';
import { lintSharedKeys } from '../config/lint-shared-keys.ts';
import { type Loaded, load } from '../config/load.ts';
import { type Fault, type Problem, printPath, printProblem } from '../config/problem.ts';
import type { Position } from '../config/source.ts';
import { loadWebConfig } from '../http/web-config.ts';
import { readAlertmanager } from '../import/alertmanager-file.ts';
import type { AlertmanagerFile } from '../import/alertmanager-schema.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface CheckOptions {
  readonly files: readonly string[];
  /** Whether a warning is enough to fail. */
  readonly isStrict: boolean;
  /** The alertmanager.yml that posts to the relay: what contradicts it is told of too. */
  readonly alertmanager?: string | undefined;
  /** The file of `serve --web.config.file`, to be checked as well. */
  readonly webConfig?: string | undefined;
}

/** An alertmanager.yml, and how faults get their places in it. */
interface Alertmanager {
  readonly file: AlertmanagerFile;
  place(faults: readonly Fault[]): readonly Problem[];
}

/** Checks config files and prints everything wrong with them. 1 when any of them cannot be used, or is not as strict as asked. */
export async function check(options: CheckOptions, terminal: Terminal): Promise<ExitCode> {
  const { files, isStrict } = options;
  const tell = (lines: readonly string[]) => terminal.stderr.write(lines.map((line) => `${line}\n`).join(''));
  const alertmanager =
    options.alertmanager === undefined ? undefined : await readAlertmanagerFile(options.alertmanager);
  const isReadable = alertmanager === undefined || 'file' in alertmanager;
  if (!isReadable) tell(alertmanager);
  const isWebFine = await checkWebConfig(options.webConfig, tell, terminal);
  let exitCode: ExitCode = isReadable && isWebFine ? 0 : 1;
  for (const file of files) {
    const text = await readText(file);
    if (text instanceof Error) {
      tell([text.message]);
      exitCode = 1;
      continue;
    }
    const loaded = load(text, file, terminal);
    const problems = await problemsOf(loaded, isReadable ? alertmanager : undefined);
    tell(problems.map(printProblem));
    if (loaded.config === undefined || (isStrict && problems.length > 0)) exitCode = 1;
    else terminal.stdout.write(`${file}: ok, ${summaryOf(loaded.config, problems)}\n`);
  }
  return exitCode;
}

async function checkWebConfig(
  file: string | undefined,
  tell: (lines: readonly string[]) => void,
  terminal: Terminal,
): Promise<boolean> {
  if (file === undefined) return true;
  const web = await loadWebConfig(file, terminal);
  if ('length' in web) tell(web.map(printProblem));
  else terminal.stdout.write(`${file}: ok\n`);
  return !('length' in web);
}

/** What is wrong with a config, with what is only looked at when somebody asks. */
async function problemsOf(
  { config, origin, problems }: Loaded,
  alertmanager: Alertmanager | undefined,
): Promise<readonly Problem[]> {
  if (config === undefined || origin === undefined) return problems;
  const further = [...lintSharedKeys(config), ...(await lintSecrets(origin.secretFiles))];
  if (alertmanager === undefined) return origin.problemsWith(further);
  const { file, place } = alertmanager;
  return [
    ...origin.problemsWith([
      ...further,
      ...lintUnposted(file, config),
      ...lintAlertmanagerReceivers(file, config),
    ]),
    ...place(lintAlertmanager(file, config)),
  ];
}

function summaryOf({ receivers }: Config, problems: readonly Problem[]): string {
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const warnings = problems.length === 0 ? '' : `, ${count(problems.length, 'warning')}`;
  return `${count(receivers.size, 'receiver')}${warnings}`;
}

/** The file, or the lines that say why there is none. */
async function readAlertmanagerFile(name: string): Promise<Alertmanager | readonly string[]> {
  const text = await readText(name);
  if (text instanceof Error) return [text.message];
  const toProblem = ({ path, message, warning = false }: Fault, at: Position): Problem => ({
    file: name,
    line: at.line,
    column: at.column,
    path: printPath(path),
    message,
    warning,
  });
  const source = readAlertmanager(text);
  if ('length' in source) return source.map((fault) => printProblem(toProblem(fault, fault)));
  return {
    file: source.file,
    place: (faults) =>
      faults
        .map((fault) => toProblem(fault, source.locate(fault.path)))
        .sort((a, b) => a.line - b.line || a.column - b.column),
  };
}

async function readText(file: string): Promise<string | Error> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return new Error(`${file}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
