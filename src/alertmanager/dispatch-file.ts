import { printPath } from '../config/problem.ts';
import type { TimeIntervalSettings } from '../config/schema.ts';
import { configSchema } from '../config/schema.ts';
import { parseYaml } from '../config/source.ts';
import { type Check, createCheck } from '../config/validate.ts';

/** What is read of the config that an Alertmanager shows: where its alerts go. Every scalar is a text. */
export interface DispatchFile {
  readonly route: RouteEntry;
  readonly receivers: readonly ReceiverEntry[];
  readonly time_intervals: readonly TimeIntervalSettings[];
  readonly mute_time_intervals: readonly TimeIntervalSettings[];
}

export interface RouteEntry {
  readonly receiver?: string;
  readonly matchers: readonly string[];
  readonly match: Readonly<Record<string, string>>;
  readonly match_re: Readonly<Record<string, string>>;
  readonly continue?: string;
  readonly group_by?: readonly string[];
  readonly mute_time_intervals: readonly string[];
  readonly active_time_intervals: readonly string[];
  readonly routes: readonly RouteEntry[];
}

export interface ReceiverEntry {
  readonly name: string;
  readonly webhook_configs: readonly { readonly url?: string }[];
}

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text, default: [] } as const;
const textByName = { type: 'object', additionalProperties: text, default: {} } as const;
const { time_intervals } = configSchema.properties;

const schema = {
  type: 'object',
  required: ['route', 'receivers'],
  properties: {
    route: { $ref: '#/$defs/route' },
    receivers: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: text,
          webhook_configs: {
            type: 'array',
            default: [],
            items: { type: 'object', properties: { url: text } },
          },
        },
      },
    },
    time_intervals,
    mute_time_intervals: time_intervals,
  },
  $defs: {
    route: {
      type: 'object',
      properties: {
        receiver: text,
        matchers: texts,
        match: textByName,
        match_re: textByName,
        continue: text,
        group_by: { type: 'array', items: text },
        mute_time_intervals: texts,
        active_time_intervals: texts,
        routes: { type: 'array', default: [], items: { $ref: '#/$defs/route' } },
      },
    },
  },
} as const;

export type ReadDispatchFile = (yaml: string) => DispatchFile | Error;

/** A reader of `config.original`, which is written by go-yaml, without anchors, from the config in use. */
export function createReadDispatchFile(): ReadDispatchFile {
  const check: Check<DispatchFile> = createCheck<DispatchFile>(schema, new Set(), () => undefined);
  return (yaml) => {
    const parsed = parseYaml(yaml, { schema: 'failsafe' });
    if ('length' in parsed) return new Error(parsed[0]?.message);
    const file = check(parsed.doc.toJS());
    if (!('length' in file)) return file;
    const [fault] = file;
    return new Error(fault === undefined ? '' : `${printPath(fault.path)}: ${fault.message}`);
  };
}
