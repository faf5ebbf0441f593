import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type Running, type StartOptions, start } from './process.ts';

/** The built program, run with these arguments. */
export function pagerelay(args: readonly string[], options: StartOptions = {}): Running {
  return start(process.execPath, [join(process.cwd(), 'dist/main.js'), ...args], options);
}

export interface Daemon extends Running {
  readonly url: string;
  readonly configFile: string;
  /** The log lines so far, as data. */
  logs(): readonly Readonly<Record<string, unknown>>[];
}

export interface DaemonOptions extends StartOptions {
  readonly args?: readonly string[];
  /** 0 for any free one. */
  readonly port?: number;
  /** The text of the web config, if any. */
  readonly web?: string;
  /** Written beside the config file, by their names. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Starts the built daemon with this config and waits until it listens. */
export async function startDaemon(config: string, options: DaemonOptions = {}): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-test-'));
  const configFile = join(folder, 'pagerelay.yaml');
  writeFileSync(configFile, config);
  const { web, files = {} } = options;
  for (const [name, content] of Object.entries(web === undefined ? files : { ...files, 'web.yaml': web })) {
    writeFileSync(join(folder, name), content);
  }
  const listen = `--web.listen-address=127.0.0.1:${options.port ?? 0}`;
  const running = pagerelay(
    [
      'serve',
      `--config.file=${configFile}`,
      listen,
      ...(web === undefined ? [] : [`--web.config.file=${join(folder, 'web.yaml')}`]),
      ...(options.args ?? []),
    ],
    options,
  );
  const logs = () =>
    running
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  const address = await eventually('the daemon listens', () => {
    const found = logs().find(({ msg }) => msg === 'listening')?.address;
    return typeof found === 'string' ? found : undefined;
  }).catch(async (error: unknown) => {
    await running.kill();
    throw new Error(`${String(error)}\n${running.output()}`);
  });
  return { ...running, url: `http://${address}`, configFile, logs };
}

export interface SandboxIncident {
  readonly vendor: string;
  readonly account: string;
  readonly key: string;
  readonly status: 'open' | 'resolved';
  readonly acknowledged: boolean;
  readonly count: number;
  readonly event: Readonly<Record<string, unknown>>;
  readonly history: readonly {
    readonly action: string;
    readonly summary?: string;
    readonly changes?: Readonly<Record<string, unknown>>;
    readonly note?: string;
  }[];
}

export interface SandboxRequests {
  readonly accepted: number;
  readonly invalid: number;
  readonly faulted: number;
  readonly early: number;
  readonly early_any: number;
}

export interface SandboxState {
  readonly incidents: readonly SandboxIncident[];
  readonly requests: SandboxRequests;
  readonly invalid: readonly unknown[];
  readonly early: readonly { readonly account: string; readonly arrivedAt: number; readonly until: number }[];
}

export interface SandboxSummary {
  readonly open: number;
  readonly acknowledged: number;
  readonly resolved: number;
  readonly extra: number;
  readonly repeats: number;
  readonly requests: SandboxRequests;
}

export interface Sandbox extends Running {
  readonly url: string;
  state(): Promise<SandboxState>;
  /** The state in numbers: cheap with any number of incidents. */
  summary(): Promise<SandboxSummary>;
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>;
  /** Ends all faults. */
  mend(): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

/** Starts the vendors' sandbox of the built program. */
export async function startSandbox(): Promise<Sandbox> {
  const running = pagerelay(['sandbox', '--listen=127.0.0.1:0']);
  const url = await eventually('the sandbox listens', () => /http:\S+/.exec(running.output())?.[0]);
  return {
    ...running,
    url,
    state: async () => (await (await fetch(`${url}/sandbox/incidents`)).json()) as SandboxState,
    summary: async () => (await (await fetch(`${url}/sandbox/summary`)).json()) as SandboxSummary,
    async fault(fault) {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(`${url}/sandbox/faults`, {
        method: 'POST',
        headers,
        body: JSON.stringify(fault),
      });
      if (answer.status !== 201) throw new Error(await answer.text());
    },
    async mend() {
      await fetch(`${url}/sandbox/faults`, { method: 'DELETE' });
    },
    async clear() {
      await fetch(`${url}/sandbox`, { method: 'DELETE' });
    },
  };
}

export const PAGERDUTY_KEY = 'PagerDutyKey00000000000000000001';
export const OPSGENIE_KEY = '0a1b2c3d-0000-4000-8000-00000000feed';

/** A config with one receiver per vendor, `both` with the two, and the root at `root`. */
export function configFor(sandboxUrl: string, { root = 'both', extra = '', route = '' } = {}): string {
  return `
global:
  pagerduty_url: ${sandboxUrl}/v2/enqueue
  opsgenie_api_url: ${sandboxUrl}/
  opsgenie_api_key: ${OPSGENIE_KEY}
${extra}
route:
  receiver: ${root}
${route}
receivers:
  - name: pagerduty
    pagerduty_configs: [{ routing_key: ${PAGERDUTY_KEY} }]
  - name: opsgenie
    opsgenie_configs: [{ tags: test }]
  - name: jsm
    opsgenie_configs: [{ flavor: jsm, api_url: '${sandboxUrl}/jsm/ops/integration' }]
  - name: both
    pagerduty_configs: [{ routing_key: ${PAGERDUTY_KEY} }]
    opsgenie_configs: [{ tags: test }]
`;
}
