import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { eventually, freePort, type Running, start } from './process.ts';

export interface Prometheus extends Running {
  readonly url: string;
  /** The values that a query has now. */
  query(expr: string): Promise<readonly number[]>;
  /** Its rules, each with its name and whether it could be evaluated. */
  rules(): Promise<
    readonly { readonly name: string; readonly health: string; readonly lastError?: string }[]
  >;
}

/** Starts a real Prometheus with this prometheus.yml. */
export async function startPrometheus(config: object): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'pagerelay-prometheus-'));
  const configFile = join(folder, 'prometheus.yml');
  writeFileSync(configFile, stringify(config));
  const port = await freePort();
  const running = start('prometheus', [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const url = `http://127.0.0.1:${port}`;
  await eventually('Prometheus is ready', async () => {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    return answer?.ok ? true : undefined;
  });
  const get = async (path: string) =>
    ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: unknown }).data;
  return {
    ...running,
    url,
    async query(expr) {
      const data = (await get(`query?query=${encodeURIComponent(expr)}`)) as {
        result: { value: [number, string] }[];
      };
      return data.result.map(({ value: [, text] }) => Number(text));
    },
    async rules() {
      const data = (await get('rules')) as {
        groups: { rules: { name: string; health: string; lastError?: string }[] }[];
      };
      return data.groups.flatMap((group) => group.rules);
    },
  };
}
