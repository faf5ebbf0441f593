import { load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import { type Imported, type ImportOptions, importAlertmanager } from '../../src/import/import.ts';

export const RELAY_URL = 'http://pagerelay:9096';

/** Imports an alertmanager.yml, and checks the config as `pagerelay check` does. */
export function importText(text: string, options: Partial<ImportOptions> = {}): Imported | readonly string[] {
  const imported = importAlertmanager(text, {
    fileName: 'alertmanager.yml',
    version: [0, 34],
    relayUrl: RELAY_URL,
    rebase: (path) => path,
    check: (config) => load(config, 'pagerelay.yaml', { env: {}, now: Date.now }).problems,
    ...options,
  });
  return 'length' in imported ? imported.map(printProblem) : imported;
}

/** The same for a file without faults. */
export function imported(text: string, options: Partial<ImportOptions> = {}): Imported {
  const result = importText(text, options);
  if ('length' in result) throw new Error(result.join('\n'));
  return result;
}
