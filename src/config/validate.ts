import { Ajv, type ErrorObject } from 'ajv';
import leven from 'leven';
import { parseDuration } from './duration.ts';
import { belongsElsewhere } from './elsewhere.ts';
import type { Fault, Path } from './problem.ts';
import { type ConfigFile, configSchema, SECRET_SETTINGS } from './schema.ts';

const FORMATS = {
  duration: {
    validate: (text: string) => parseDuration(text) !== undefined,
    message: 'must be a duration such as 30s, 5m or 1h30m',
  },
  url: {
    validate: isAddress,
    message: 'must be an http or https address, without user, password or fragment',
  },
  template: {
    validate: (text: string) => !text.includes('{{'),
    message: 'templates are not supported yet; use plain text, or leave the field out for its default',
  },
};

function isAddress(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

export type Validate = (value: unknown) => ConfigFile | readonly Fault[];

/** A checker of the file's data against the schema. It reports every fault, and fills in defaults. */
export function createValidate(): Validate {
  const ajv = new Ajv({ allErrors: true, strict: true, useDefaults: true, verbose: true });
  for (const [name, { validate }] of Object.entries(FORMATS)) ajv.addFormat(name, validate);
  const check = ajv.compile(configSchema);
  return (value) => {
    const copy = structuredClone(value);
    if (check(copy)) return copy as unknown as ConfigFile;
    const errors = check.errors ?? [];
    // A value of the wrong type breaks other rules too; the type is the fault.
    const mistyped = new Set(errors.filter((e) => e.keyword === 'type').map((e) => e.instancePath));
    return errors.filter((e) => e.keyword === 'type' || !mistyped.has(e.instancePath)).map(toFault);
  };
}

function toFault(error: ErrorObject): Fault {
  const path = pathOf(error.instancePath);
  const { params, keyword } = error;
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    return { path: [...path, name], atKey: true, message: unknownField(name, error.parentSchema) };
  }
  if (keyword === 'required') return { path, message: `${params.missingProperty} is missing` };
  const isAboutSize = Array.isArray(error.data) && keyword !== 'type';
  return { path, message: isAboutSize ? wanted(error) : `${wanted(error)} (got ${shown(path, error)})` };
}

function wanted({ keyword, params, message = 'is not valid' }: ErrorObject): string {
  if (keyword === 'format') return FORMATS[params.format as keyof typeof FORMATS].message;
  if (keyword === 'enum') {
    const values = params.allowedValues as readonly unknown[];
    return `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`;
  }
  if (keyword === 'type') return `must be ${article(String(params.type))}`;
  if (keyword === 'minItems' || keyword === 'minLength') return 'must not be empty';
  if (keyword === 'uniqueItems') return 'must not say the same twice';
  return message;
}

function article(type: string): string {
  return (
    { object: 'a map', array: 'a list', integer: 'a whole number', boolean: 'true or false' }[type] ??
    `a ${type}`
  );
}

/** What was found. Not the text of a credential, nor of what stands where a whole section should: it may be one. */
function shown(path: Path, { data, params }: ErrorObject): string {
  const holdsPassword = params.format === 'url' && String(data).includes('@');
  if (holdsPassword || path.some((step) => SECRET_SETTINGS.has(String(step)))) return '<secret>';
  if (data === null) return 'nothing';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a map';
  return params.type === 'object' || params.type === 'array' ? `a ${typeof data}` : JSON.stringify(data);
}

function unknownField(name: string, schema: unknown): string {
  const elsewhere = belongsElsewhere(name);
  if (elsewhere !== undefined) return elsewhere;
  const known = Object.keys((schema as { properties?: object }).properties ?? {});
  const nearest = known
    .map((candidate) => ({ candidate, distance: leven(candidate, name) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3)) {
    return `unknown field; did you mean ${nearest.candidate}?`;
  }
  return `unknown field (known: ${known.join(', ')})`;
}

/** The steps of a JSON pointer; those into lists as numbers. */
function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
