import { codePoints } from '../notification/text.ts';
import { isRecord } from './record.ts';

/** The alert fields and their limits in characters: https://docs.opsgenie.com/docs/alert-api */
const TEXT_LIMITS = {
  message: 130,
  alias: 512,
  description: 15_000,
  entity: 512,
  source: 100,
  user: 100,
  note: 25_000,
} as const;
const LIST_LIMITS = { tags: 20, actions: 10 } as const;
const MAX_LIST_ITEM = 50;
const MAX_PEOPLE = 50;
const MAX_DETAILS = 8_000;
const PEOPLE = {
  responders: ['team', 'user', 'escalation', 'schedule'],
  visibleTo: ['team', 'user'],
} as const;
/** What beside an id names one of a type, as Opsgenie's Go SDK checks it; all others have a name. */
const NAMED_BY: Readonly<Record<string, string>> = { user: 'username' };

/** What is wrong with the body of a create, by field; empty when nothing is. */
export function createErrors(alert: unknown): Readonly<Record<string, string>> {
  if (!isRecord(alert)) return { body: 'should be an object' };
  const known = new Set([...Object.keys(TEXT_LIMITS), ...Object.keys(LIST_LIMITS), ...Object.keys(PEOPLE)]);
  const errors: Record<string, string> = {};
  for (const name of Object.keys(alert)) {
    if (!known.has(name) && name !== 'details' && name !== 'priority') errors[name] = 'is not a known field';
  }
  Object.assign(errors, textErrors(alert), listErrors(alert), peopleErrors(alert));
  if (alert.message === undefined || isEmpty(alert.message)) errors.message = 'can not be empty';
  if (alert.priority !== undefined && !/^P[1-5]$/.test(String(alert.priority))) {
    errors.priority = 'should be one of [ P1, P2, P3, P4, P5 ]';
  }
  const details = detailsError(alert.details);
  if (details !== undefined) errors.details = details;
  return errors;
}

/** What a call that changes an alert gives a new value. */
export type UpdatedField = 'message' | 'description' | 'details';

/** What is wrong with the body of a close, or of a call that changes `field`. */
export function actionErrors(body: unknown, field?: UpdatedField): Readonly<Record<string, string>> {
  if (!isRecord(body)) return { body: 'should be an object' };
  const known: readonly unknown[] = ['user', 'source', 'note', field];
  const errors: Record<string, string> = {};
  for (const name of Object.keys(body)) if (!known.includes(name)) errors[name] = 'is not a known field';
  Object.assign(errors, textErrors(body));
  if (field === undefined) return errors;
  const value = body[field];
  const error = field === 'details' ? detailsError(value) : undefined;
  if (error !== undefined) errors[field] = error;
  if (value === undefined || value === null || isEmpty(value)) errors[field] = 'can not be empty';
  return errors;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'string' ? value.trim() === '' : isRecord(value) && Object.keys(value).length === 0;
}

function textErrors(body: Readonly<Record<string, unknown>>): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [name, limit] of Object.entries(TEXT_LIMITS)) {
    const value = body[name];
    if (value === undefined) continue;
    if (typeof value !== 'string') errors[name] = 'should be a string';
    else if (codePoints(value) > limit) errors[name] = `size should be at most ${limit}`;
  }
  return errors;
}

function listErrors(body: Readonly<Record<string, unknown>>): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [name, limit] of Object.entries(LIST_LIMITS)) {
    const value = body[name];
    if (value === undefined) continue;
    const items: readonly unknown[] = Array.isArray(value) ? value : [undefined];
    if (items.some((item) => typeof item !== 'string')) errors[name] = 'should be a list of strings';
    else if (items.length > limit) errors[name] = `should have at most ${limit} items`;
    else if (items.some((item) => codePoints(String(item)) > MAX_LIST_ITEM)) {
      errors[name] = `items should be at most ${MAX_LIST_ITEM} characters`;
    }
  }
  return errors;
}

function peopleErrors(body: Readonly<Record<string, unknown>>): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [name, types] of Object.entries(PEOPLE)) {
    const value = body[name] ?? [];
    if (!Array.isArray(value) || value.length > MAX_PEOPLE) {
      errors[name] = `should be a list of at most ${MAX_PEOPLE}`;
    } else {
      for (const [i, item] of value.entries())
        Object.assign(errors, personErrors(`${name}[${i}]`, item, types));
    }
  }
  return errors;
}

function personErrors(name: string, person: unknown, types: readonly unknown[]): Record<string, string> {
  if (!isRecord(person) || !types.includes(person.type)) {
    return { [`${name}.type`]: `should be one of [ ${types.join(', ')} ]` };
  }
  const naming = NAMED_BY[String(person.type)] ?? 'name';
  return person.id || person[naming] ? {} : { [name]: `id or ${naming} should be provided` };
}

function detailsError(details: unknown): string | undefined {
  if (details === undefined) return undefined;
  if (!isRecord(details)) return 'should be a map';
  const values = Object.values(details);
  if (values.some((value) => typeof value !== 'string')) return 'values should be strings';
  const total = Object.entries(details).reduce(
    (sum, [name, value]) => sum + codePoints(`${name}${value}`),
    0,
  );
  return total > MAX_DETAILS ? `size should be at most ${MAX_DETAILS} in total` : undefined;
}
