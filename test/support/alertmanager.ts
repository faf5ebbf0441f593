import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort, type Running, start } from './process.ts';
import { describeWith } from './program.ts';

const PROGRAM = 'prometheus-alertmanager';

/** Tests that need a real Alertmanager. */
export function describeWithAlertmanager(name: string, tests: () => void): void {
  describeWith(PROGRAM, name, tests);
}

export interface Alertmanager extends Running {
  readonly url: string;
  /** Says that these alerts fire, each with its own labels and annotations. */
  fire(...alerts: readonly FiringAlert[]): Promise<void>;
  /** Says that they have ended. */
  end(...alerts: readonly FiringAlert[]): Promise<void>;
}

export interface FiringAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly generatorURL?: string;
}

export interface Timing {
  readonly groupBy?: string;
  readonly groupInterval?: string;
  readonly repeatInterval?: string;
}

/** Starts a real Alertmanager that posts everything to these webhooks, each with a receiver integration of its own. */
export async function startAlertmanager(
  webhooks: readonly string[],
  { groupBy = "'...'", groupInterval = '1s', repeatInterval = '1h' }: Timing = {},
): Promise<Alertmanager> {
  return runAlertmanager(`
route:
  receiver: web.hook
  group_by: [${groupBy}]
  group_wait: 200ms
  group_interval: ${groupInterval}
  repeat_interval: ${repeatInterval}
receivers:
  - name: web.hook
    webhook_configs:
${webhooks.map((url) => `      - { url: '${url}', send_resolved: true }`).join('\n')}
`);
}

/** Starts a real Alertmanager with this alertmanager.yml. */
export async function runAlertmanager(config: string, args: readonly string[] = []): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-alertmanager-'));
  const configFile = join(folder, 'alertmanager.yml');
  writeFileSync(configFile, config);
  const port = await freePort();
  const running = start(PROGRAM, [
    `--config.file=${configFile}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    ...args,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await eventually('Alertmanager is ready', async () => {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    return answer?.ok ? true : undefined;
  });
  const post = async (alerts: readonly object[]) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers,
      body: JSON.stringify(alerts),
    });
    if (!answer.ok) throw new Error(await answer.text());
  };
  return {
    ...running,
    url,
    fire: (...alerts) => post(alerts.map((alert) => ({ endsAt: inMinutes(30), ...alert }))),
    end: (...alerts) => post(alerts.map((alert) => ({ ...alert, endsAt: inMinutes(0) }))),
  };
}

function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}
