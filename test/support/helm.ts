import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';
import { parseAllDocuments, stringify } from 'yaml';

const CHART = 'helm/pagerelay';

/** A rendered Kubernetes object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
  readonly [field: string]: unknown;
}

/** Tests that need the real helm, which `npm test` installs where it can; without it as `describeWith` (program.ts). */
export async function describeWithHelm(name: string, tests: (helm: Helm) => void): Promise<void> {
  // @ts-expect-error: a script
  const { findHelm } = (await import('../../tools/helm.mjs')) as { findHelm(): string | undefined };
  const path = findHelm();
  if (path !== undefined) describe(name, () => tests(createHelm(path)));
  else if (process.env.CI === 'true') {
    test(`${name}: helm is installed`, () => {
      throw new Error('helm is not installed, and with CI=true nothing may be skipped');
    });
  } else describe.skip(`${name} (no helm here)`, () => tests(createHelm('helm')));
}

export interface Helm {
  /** What helm says to these arguments. */
  run(...args: readonly string[]): { readonly code: number | null; readonly output: string };
  /** The chart with these values, which are a file's name or data: its objects, or what is wrong. */
  render(values: string | object, ...args: readonly string[]): readonly Manifest[] | string;
  /** The notes that helm prints after an installation. */
  notes(values: object): string;
}

function createHelm(path: string): Helm {
  const run = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
    return { code: status, output: `${stdout}${stderr}`, stdout };
  };
  const fileOf = (values: string | object) => {
    if (typeof values === 'string') return values;
    const file = join(mkdtempSync(join(tmpdir(), 'pagerelay-helm-')), 'values.yaml');
    writeFileSync(file, stringify(values));
    return file;
  };
  const common = ['template', 'relay', CHART, '--namespace=monitoring'];
  return {
    run,
    render(values, ...args) {
      const { code, output, stdout } = run(...common, `--values=${fileOf(values)}`, ...args);
      if (code !== 0) return output;
      return parseAllDocuments(stdout).flatMap((document) => (document.toJS() as Manifest | null) ?? []);
    },
    notes(values) {
      // Only an installation renders them; this one ends before it looks for a cluster.
      const { output } = run(
        'install',
        'relay',
        CHART,
        '--namespace=monitoring',
        '--dry-run=client',
        `--values=${fileOf(values)}`,
      );
      return output.slice(output.indexOf('NOTES:'));
    },
  };
}

export const VALUES_FILES: readonly string[] = readdirSync(join(CHART, 'ci')).map((name) =>
  join(CHART, 'ci', name),
);

/** What of these is not as Kubernetes' and the Prometheus operator's own schemas say: unknown fields, missing ones, wrong types. */
export function schemaFaults(manifests: readonly Manifest[]): string {
  // In the project's folder, where the packages with the types are found.
  const folder = 'node_modules/.cache/pagerelay/manifests';
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `manifests-${process.pid}.mts`);
  const declarations = manifests.map((manifest, i) => {
    const { apiVersion, kind } = manifest;
    const group = apiVersion.startsWith('monitoring.coreos.com/')
      ? '@kubernetes-models/prometheus-operator'
      : 'kubernetes-models';
    const type = `import('${group}/${apiVersion}/${kind}').I${kind}`;
    return `export const m${i}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
  });
  writeFileSync(file, declarations.join('\n'));
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'preserve', '--ignoreConfig'];
  const { stdout, stderr } = spawnSync('node_modules/.bin/tsc', [...options, file], { encoding: 'utf8' });
  return `${stdout}${stderr}`;
}
