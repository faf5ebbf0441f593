import type { Incident } from '../notification/notification.ts';
import type { GroupBy } from '../route/route.ts';
import { templateData } from '../template/data.ts';
import type { Template } from '../template/templates.ts';
import type { Config } from './compile.ts';
import { createGroupings } from './groupings.ts';
import { createSamples, FORMS, resolved } from './lint-samples.ts';
import type { Fault } from './problem.ts';

/** A kind of incident, with values of all forms: a template may rely on one of them, but not on the kind. */
interface Kind {
  readonly what: string;
  readonly incidents: readonly Incident[];
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
    for (const { what, incidents } of kindsOf(mentioned, groupBy)) {
      const failure = commonFailure(template, incidents);
      if (failure !== undefined) return `fails for ${what}, and its default takes its place: ${failure}`;
    }
  }
  return undefined;
}

function kindsOf(mentioned: ReadonlySet<string>, groupBy: GroupBy): readonly Kind[] {
  const { alert, companion, incident } = createSamples(mentioned, groupBy);
  const kind = (what: string, make: (value: string, other: string) => Incident): Kind => ({
    what,
    incidents: FORMS.map(([value, other]) => make(value, other)),
  });
  const kinds = [
    kind('an alert', (value) => incident([alert(value)])),
    kind('a resolved alert', (value) => incident([resolved(alert(value))])),
    kind('an alert without annotations', (value) => incident([{ ...alert(value), annotations: {} }])),
    kind('an alert with no label but alertname', (value) =>
      incident([{ ...alert(value), labels: { alertname: value } }]),
    ),
  ];
  if (groupBy.granularity === 'alert') return kinds;
  const several = kind('several alerts, of which some are resolved', (value, other) =>
    incident([alert(value), resolved(companion(value, other))]),
  );
  return [...kinds, several];
}

/** The first failure, where the template fails for each of them. */
function commonFailure(template: Template, incidents: readonly Incident[]): string | undefined {
  const failures: string[] = [];
  for (const incident of incidents) {
    const text = template.render(templateData(incident));
    if (typeof text === 'string') return undefined;
    failures.push(text.message);
  }
  return failures[0];
}
