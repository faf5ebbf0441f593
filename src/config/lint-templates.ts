import type { Incident } from '../notification/notification.ts';
import type { GroupBy } from '../route/route.ts';
import { templateData } from '../template/data.ts';
import type { Template } from '../template/templates.ts';
import type { Config } from './compile.ts';
import { createGroupings } from './groupings.ts';
import { createSamples, FORMS, resolved } from './lint-samples.ts';
import type { Fault } from './problem.ts';

/** A kind of incident, for labels of any form: a template may rely on a form, but it must do with the kind. */
interface Kind {
  readonly what: string;
  incident(value: string, other: string): Incident;
}

/** Templates that fail when they are rendered, whatever form the values have. What several settings share is tried once. */
export function lintTemplates({ route, receivers }: Config): readonly Fault[] {
  const groupings = createGroupings(route);
  const known = new Map<string, string | undefined>();
  const faults: Fault[] = [];
  for (const { name, integrations } of receivers.values()) {
    const own = groupings(name);
    for (const { path, template } of integrations.flatMap(({ templates }) => templates)) {
      // A call of what is not defined was told of when the template was compiled.
      if (template.constant !== undefined || template.unknown.length > 0) continue;
      const which = JSON.stringify([template.source, own]);
      if (!known.has(which)) known.set(which, failureOf(template, own));
      const message = known.get(which);
      if (message !== undefined) faults.push({ path, message, warning: true });
    }
  }
  return faults;
}

function failureOf(template: Template, groupings: readonly GroupBy[]): string | undefined {
  const mentioned = template.mentions();
  for (const groupBy of groupings) {
    for (const kind of kindsOf(mentioned, groupBy)) {
      const failure = commonFailure(template, kind);
      if (failure !== undefined) return `fails for ${kind.what}, and its default takes its place: ${failure}`;
    }
  }
  return undefined;
}

function kindsOf(mentioned: ReadonlySet<string>, groupBy: GroupBy): readonly Kind[] {
  const { alert, companion, incident } = createSamples(mentioned, groupBy);
  const kinds: readonly Kind[] = [
    { what: 'an alert', incident: (value) => incident([alert(value)]) },
    { what: 'a resolved alert', incident: (value) => incident([resolved(alert(value))]) },
    {
      what: 'an alert without annotations',
      incident: (value) => incident([{ ...alert(value), annotations: {} }]),
    },
    {
      what: 'an alert with no label but alertname',
      incident: (value) => incident([{ ...alert(value), labels: { alertname: value } }]),
    },
  ];
  if (groupBy.granularity === 'alert') return kinds;
  const several: Kind = {
    what: 'several alerts, of which some are resolved',
    incident: (value, other) => incident([alert(value), resolved(companion(value, other))]),
  };
  return [...kinds, several];
}

/** The first failure, where the template fails for every form. */
function commonFailure(template: Template, { incident }: Kind): string | undefined {
  const failures: string[] = [];
  for (const [value, other] of FORMS) {
    const text = template.render(templateData(incident(value, other)));
    if (typeof text === 'string') return undefined;
    failures.push(text.message);
  }
  return failures[0];
}
