import { isTemplate, type Template, type Templates } from '../template/templates.ts';
import type { Fault, Path } from './problem.ts';

/** As much of JSON Schema as settings use. */
interface Schema {
  readonly format?: string;
  /** Every text in the value, however deep, is a template. */
  readonly templates?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

/**
 * Settings with a compiled template in the place of every text that their schema marks as one. What is wrong with one is
 * added to `faults`; an empty template stands for it then.
 */
export function compileTemplates(
  value: unknown,
  schema: Schema,
  templates: Templates,
  path: Path,
  faults: Fault[],
): unknown {
  const holdsTemplate = schema.format === 'template' || schema.templates === true;
  if (typeof value === 'string') return holdsTemplate ? compileOne(value, templates, path, faults) : value;
  if (typeof value !== 'object' || value === null) return value;
  const inside = (step: string | number, item: unknown): unknown => {
    const below = schema.templates === true ? schema : schemaOf(step, schema);
    return below === undefined ? item : compileTemplates(item, below, templates, [...path, step], faults);
  };
  if (Array.isArray(value)) return value.map((item, i) => inside(i, item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inside(name, item)]));
}

function schemaOf(step: string | number, schema: Schema): Schema | undefined {
  if (typeof step === 'number') return schema.items;
  const { properties = {}, additionalProperties } = schema;
  if (Object.hasOwn(properties, step)) return properties[step];
  return typeof additionalProperties === 'object' ? additionalProperties : undefined;
}

const EMPTY: Template = {
  source: '',
  constant: '',
  unknown: [],
  mentions: () => new Set(),
  render: () => '',
};

function compileOne(text: string, templates: Templates, path: Path, faults: Fault[]): Template {
  const compiled = templates.compile(text);
  if ('message' in compiled) {
    faults.push({ path, message: compiled.message });
    return EMPTY;
  }
  for (const name of compiled.unknown) {
    faults.push({
      path,
      message: `template ${JSON.stringify(name)} not defined: where it is called, the setting's default is sent`,
      warning: true,
    });
  }
  return compiled;
}

/** A template and where it stands in the config. */
export interface PlacedTemplate {
  readonly path: Path;
  readonly template: Template;
}

/** The templates in compiled settings, in their order. */
export function templatesIn(value: unknown, path: Path): readonly PlacedTemplate[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isTemplate(value)) return [{ path, template: value }];
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value);
  return Array.from<[string | number, unknown]>(entries).flatMap(([step, item]) =>
    templatesIn(item, [...path, step]),
  );
}

/** Everything else in settings is JSON, which has no functions. */
