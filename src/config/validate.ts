import { Ajv, type ErrorObject } from 'ajv';
import type { DataValidationCxt } from 'ajv/dist/types/index.js';
import { isProxyAddress } from '../notify/proxy.ts';
import { parseTimeOfDay } from '../route/time-range.ts';
import { parseDuration } from './duration.ts';
import { belongsElsewhere } from './elsewhere.ts';
import { nearest } from './nearest.ts';
import { keepDigits, type PlainText, readAsWanted } from './plain-scalar.ts';
import type { Fault, Path } from './problem.ts';
import { type ConfigFile, configSchema, SECRET_SETTINGS } from './schema.ts';

const FORMATS = {
  duration: {
    validate: (text: string) => parseDuration(text) !== undefined,
    message: 'must be a duration such as 30s, 5m or 1h30m',
  },
  time_of_day: {
    validate: (text: string) => parseTimeOfDay(text) !== undefined,
    message: 'must be a time of day as HH:MM, 00:00 to 24:00',
  },
  url: {
    validate: isAddress,
    message: 'must be an http or https address, without user, password or fragment',
  },
  'proxy-url': {
    validate: isProxyAddress,
    message: 'must be an http or https address, with or without user and password',
  },
  credential: {
    validate: (text: string) => !text.includes('{{'),
    message:
      'a key is never made of what an alert says: list the keys under `…_by`, by the values of a label',
  },
  bcrypt: {
    // A higher cost would take seconds of the processor for each guess.
    validate: (text: string) => /^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}$/.test(text),
    message: 'must be a bcrypt hash with a cost of 4 to 14, as `htpasswd -nBC 10` writes it',
  },
  // What is wrong with these is found when they are compiled.
  template: { validate: () => true, message: '' },
  matchers: { validate: () => true, message: '' },
};

function isAddress(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

/** Data in the form of a schema, or every fault of it. */
export type Check<T> = (value: unknown) => T | readonly Fault[];
export type Validate = Check<ConfigFile>;

/** A checker of a config file's data; `plainText` gives its scalars as they were written. */
export function createValidate(plainText: PlainText): Validate {
  return createCheck<ConfigFile>(configSchema, SECRET_SETTINGS, plainText);
}

/**
 * A checker of data against `schema`, whose type is T. It fills in defaults, and reads scalars without quotes as the
 * schema wants them. `secrets`: the settings whose values no fault may show.
 */
export function createCheck<T extends object>(
  schema: object,
  secrets: ReadonlySet<string>,
  plainText: PlainText,
): Check<T> {
  const ajv = new Ajv({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    useDefaults: true,
    verbose: true,
    // It is used once: a smaller checker that is made in a third of the time is worth more than a fast one.
    inlineRefs: false,
    code: { optimize: false },
  });
  for (const [name, { validate }] of Object.entries(FORMATS)) ajv.addFormat(name, validate);
  ajv.addKeyword({
    keyword: 'templates',
    schemaType: 'boolean',
    modifying: true,
    validate(_schema: boolean, data: unknown, _parent: unknown, at?: DataValidationCxt) {
      keepDigits(data, pathOf(at?.instancePath ?? ''), plainText);
      return true;
    },
  });
  const check = ajv.compile<T>(schema);
  return (value) => {
    const asWritten: unknown = structuredClone(value);
    if (check(asWritten)) return asWritten;
    const asWanted: unknown = structuredClone(value);
    for (const { instancePath, params } of typeErrors(check.errors)) {
      readAsWanted(asWanted, pathOf(instancePath), params.type, plainText);
    }
    if (check(asWanted)) return asWanted;
    const errors = check.errors ?? [];
    // A value of the wrong type breaks other rules too; the type is the fault.
    const mistyped = new Set(typeErrors(errors).map((e) => e.instancePath));
    return errors
      .filter((e) => e.keyword === 'type' || !mistyped.has(e.instancePath))
      .map((error) => toFault(error, secrets));
  };
}

function typeErrors(errors: readonly ErrorObject[] | null | undefined): readonly ErrorObject[] {
  return errors?.filter(({ keyword }) => keyword === 'type') ?? [];
}

function toFault(error: ErrorObject, secrets: ReadonlySet<string>): Fault {
  const path = pathOf(error.instancePath);
  const { params, keyword } = error;
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    return { path: [...path, name], atKey: true, message: unknownField(name, error.parentSchema) };
  }
  if (keyword === 'required') return { path, message: `${params.missingProperty} is missing` };
  const isAboutSize = Array.isArray(error.data) && keyword !== 'type';
  return {
    path,
    message: isAboutSize ? wanted(error) : `${wanted(error)} (got ${shown(path, error, secrets)})`,
  };
}

function wanted({ keyword, params, message = 'is not valid' }: ErrorObject): string {
  if (keyword === 'format') return FORMATS[params.format as keyof typeof FORMATS].message;
  if (keyword === 'enum') {
    const values = params.allowedValues as readonly unknown[];
    return `must be ${values.length === 1 ? '' : 'one of '}${values.join(', ')}`;
  }
  if (keyword === 'type') return `must be ${[params.type].flat().map(String).map(article).join(' or ')}`;
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
function shown(path: Path, { data, params }: ErrorObject, secrets: ReadonlySet<string>): string {
  const isUrl = params.format === 'url' || params.format === 'proxy-url';
  const holdsPassword = isUrl && String(data).includes('@');
  if (holdsPassword || path.some((step) => secrets.has(String(step)))) return '<secret>';
  if (data === null) return 'nothing';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a map';
  return params.type === 'object' || params.type === 'array' ? `a ${typeof data}` : JSON.stringify(data);
}

function unknownField(name: string, schema: unknown): string {
  const elsewhere = belongsElsewhere(name);
  if (elsewhere !== undefined) return elsewhere;
  const known = Object.keys((schema as { properties?: object }).properties ?? {});
  const meant = nearest(name, known);
  if (meant !== undefined) return `unknown field; did you mean ${meant}?`;
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
