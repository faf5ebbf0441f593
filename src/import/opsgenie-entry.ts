import { type OpsgenieEntry, opsgenieSchema } from './alertmanager-schema.ts';
import { type Carried, defined, unknownField } from './settings.ts';

/** Alertmanager's defaults (notify/opsgenie/config.go). */
const MESSAGE = '{{ template "opsgenie.default.message" . }}';
const DESCRIPTION = '{{ template "opsgenie.default.description" . }}';
const SOURCE = '{{ template "opsgenie.default.source" . }}';

/** An entry of Alertmanager's `opsgenie_configs` as one of ours that sends the same, or why it must stay where it is. */
export function carryOpsgenie(entry: OpsgenieEntry): Carried {
  const unknown = unknownField(entry, opsgenieSchema);
  if (unknown !== undefined) return { stays: unknown };
  const { priority } = entry;
  const isRefused = priority !== undefined && !/\{\{|^(P[1-5])?$/i.test(priority);
  const settings = defined({
    ...entry,
    api_key: entry.api_key || undefined,
    api_key_file: entry.api_key_file || undefined,
    message: entry.message ?? MESSAGE,
    description: entry.description ?? DESCRIPTION,
    source: entry.source ?? SOURCE,
    priority: isRefused ? undefined : priority || undefined,
    enrich: false,
  });
  if (!isRefused) return { settings, notes: [] };
  const message = `Opsgenie takes P1 to P5: ${JSON.stringify(priority)} is left out, so that alerts have its default, P3`;
  return { settings, notes: [{ path: ['priority'], message }] };
}
