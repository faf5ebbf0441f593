import { access, open, readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import { load } from '../config/load.ts';
import { printProblem } from '../config/problem.ts';
import type { Version } from '../import/entry.ts';
import { type Imported, importAlertmanager } from '../import/import.ts';
import type { ExitCode, Terminal } from './terminal.ts';

export interface ImportCommandOptions {
  /** The alertmanager.yml. */
  readonly file: string;
  readonly version: Version;
  readonly relayUrl: string;
  /** Where the config and the reduced alertmanager.yml are written; absent: to stdout. */
  readonly configOutput?: string;
  readonly alertmanagerOutput?: string;
  /** Whether files that exist are overwritten. */
  readonly force: boolean;
}

/** Both files can hold keys: nobody else may read them. */
const MODE = 0o600;

/** Divides an alertmanager.yml into a config of ours and the alertmanager.yml that posts to the relay. */
export async function importFile(options: ImportCommandOptions, terminal: Terminal): Promise<ExitCode> {
  const { file, version, relayUrl, configOutput, alertmanagerOutput, force } = options;
  const fail = (message: string): ExitCode => {
    terminal.stderr.write(`${message}\n`);
    return 1;
  };
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string') return fail(`${file}: the file cannot be read (${text.code})`);

  const configFile = configOutput ?? file;
  const imported = importAlertmanager(text, {
    fileName: file,
    version,
    relayUrl,
    rebase: (path) =>
      isAbsolute(path) ? path : relative(dirname(resolve(configFile)), resolve(dirname(file), path)),
    check: (config) => load(config, configFile, terminal).problems,
  });
  if ('length' in imported) return fail(imported.map(printProblem).join('\n'));

  const files = [
    { path: configOutput, content: imported.config },
    { path: alertmanagerOutput, content: imported.alertmanager },
  ];
  const existing = force ? undefined : await firstExisting(files.map(({ path }) => path));
  if (existing !== undefined) return fail(`${existing} exists: remove it, or overwrite it with --force`);
  for (const { path, content } of files) {
    const failure = path === undefined ? undefined : await write(path, content, force);
    if (failure !== undefined) return fail(`${path}: the file cannot be written (${failure})`);
  }
  terminal.stdout.write(documents(imported, options));
  terminal.stderr.write(report(imported));
  return 0;
}

async function firstExisting(paths: readonly (string | undefined)[]): Promise<string | undefined> {
  for (const path of paths) {
    const exists =
      path !== undefined &&
      (await access(path).then(
        () => true,
        () => false,
      ));
    if (exists) return path;
  }
  return undefined;
}

/** The error's code, if it fails. */
async function write(path: string, content: string, force: boolean): Promise<string | undefined> {
  try {
    const file = await open(path, force ? 'w' : 'wx', MODE);
    // One that was there keeps its mode otherwise.
    await file.chmod(MODE);
    await file.writeFile(content).finally(() => file.close());
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code;
  }
}

/** What is not written to files: the two as YAML documents, each under its name where both are here. */
function documents({ config, alertmanager }: Imported, options: ImportCommandOptions): string {
  const { configOutput, alertmanagerOutput, file } = options;
  if (configOutput !== undefined) return alertmanagerOutput === undefined ? alertmanager : '';
  if (alertmanagerOutput !== undefined) return config;
  const separator = /^(?:[ \t]*(?:#.*)?\n)*---/.test(alertmanager) ? '' : '---\n';
  return `${banner('pagerelay.yaml')}${config}${separator}${banner(basename(file))}${alertmanager}`;
}

function banner(name: string): string {
  return `# ${'='.repeat(20)} ${name} ${'='.repeat(20)}\n`;
}

function report({ notes, carried, inlineKeys }: Imported): string {
  const lines = notes.map(printProblem);
  const receivers = new Set(carried.map(({ receiver }) => receiver)).size;
  lines.push(`carried over: ${count(carried.length, 'integration')} of ${count(receivers, 'receiver')}`);
  if (inlineKeys > 0) {
    lines.push(
      `keys that stand in the config as text: ${inlineKeys}; routing_key_file and api_key_file, or _env, keep them out of it`,
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
