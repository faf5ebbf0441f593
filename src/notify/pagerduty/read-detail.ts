import { parse, type Tags } from 'yaml';
import type { Json } from '../../notification/fit.ts';
import type { PagerDutySettings } from './settings.ts';

type Format = PagerDutySettings['details_format'];

/** Deeper than people write; a few thousand levels exhaust the stack of whoever reads them. */
const MAX_DEPTH = 50;
/** Larger YAML stays text. Its parser is slow, and 1,000 levels end the process. In characters, and in marks that can open a level. */
const MAX_YAML_LENGTH = 10_000;
const MAX_YAML_MARKS = 200;

/** What a rendered text in `details` stands for: a number, list, … where the format reads one in it, else the text itself. */
export function readDetail(text: string, format: Format): Json {
  return READ[format](text) ?? text;
}

/** Undefined: nothing but text. */
const READ: Readonly<Record<Format, (text: string) => Json | undefined>> = {
  text: () => undefined,
  json: readJson,
  yaml: (text) => readJson(text) ?? readYaml(text),
};

/** Objects and lists only. */
function readJson(text: string): Json | undefined {
  return /^\s*[[{]/.test(text) ? detailOf(() => JSON.parse(text)) : undefined;
}

/** YAML as Alertmanager's go-yaml v2 reads it: 1.1, but `12:30` is no number and a date is text. */
function readYaml(text: string): Json | undefined {
  const marks = text.match(/[[{]|[-?:](?!\S)/g)?.length ?? 0;
  if (text.length > MAX_YAML_LENGTH || marks > MAX_YAML_MARKS) return undefined;
  const value = detailOf(() => parse(text, YAML));
  // A number that has lost digits is another number.
  return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? undefined
    : value;
}

const YAML = {
  version: '1.1',
  schema: 'yaml-1.1',
  customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !isTime(tag)),
  maxAliasCount: 100,
  logLevel: 'error',
  prettyErrors: false,
} as const;

function isTime({ tag, format }: Exclude<Tags[number], string> & { format?: string }): boolean {
  return format === 'TIME' || tag === 'tag:yaml.org,2002:timestamp';
}

function detailOf(read: () => unknown): Json | undefined {
  try {
    // Through JSON: what has no form there (infinite numbers, bytes) is no detail.
    const value = JSON.parse(JSON.stringify(read()) ?? 'null') as Json;
    return value === null || typeof value === 'string' || isDeeper(value, MAX_DEPTH) ? undefined : value;
  } catch {
    return undefined;
  }
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}
