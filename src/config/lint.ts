import type { Config } from './compile.ts';
import { lintIncidentKeys } from './lint-incident-keys.ts';
import { lintRoutes } from './lint-routes.ts';
import { lintTemplates } from './lint-templates.ts';
import type { Fault } from './problem.ts';

/** What is doubtful in a config that can be used: warnings, whenever it is loaded. */
export function lint(config: Config): readonly Fault[] {
  return [...lintRoutes(config.route), ...lintIncidentKeys(config), ...lintTemplates(config)];
}
