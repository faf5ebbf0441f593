import { typeName } from './go-type-name.ts';
import type { Node } from './node.ts';
import type { Run } from './run.ts';
import { truth } from './truth.ts';
import { type GoFunction, type Method, NO_METHODS, type Parameter, type Value } from './value.ts';

/** An argument, evaluated for the parameter that takes it. */
export type Argument = (run: Run, dot: Value, type: Parameter) => Value;

/** What a function, method or field is given. */
export interface Given {
  readonly args: readonly Argument[];
  /** How the first argument is written, for errors. */
  readonly first: string;
  /** The value that came through the pipe; undefined when there is none. */
  readonly piped: Value | undefined;
}

/** So that what lists take of the memory before a rendering ends stays small. */
const ITEMS_PER_STEP = 4;

type Callable = Pick<GoFunction, 'parameters' | 'isVariadic'>;

/** Calls a function; `and`, `or`, `call` and `routeLabels` are those with rules of their own. */
export function callFunction(run: Run, dot: Value, fn: GoFunction, node: Node, given: Given): Value {
  if (fn.name === 'and' || fn.name === 'or') return shortCircuit(run, dot, fn, given);
  const args = argumentsOf(run, dot, fn.name, fn, given);
  switch (fn.name) {
    case 'call':
      return ended(run, node, fn.name, callValue(args, given));
    case 'routeLabels':
      return ended(run, node, fn.name, routeLabel(run, args));
    default:
      return ended(run, node, fn.name, charged(run, fn.call(args)));
  }
}

/** A method's or field's value; a map's entry counts as its field. */
export function fieldOf(
  run: Run,
  dot: Value,
  receiver: Value,
  name: string,
  node: Node,
  given: Given | undefined,
): Value {
  if (receiver === null) return null;
  const method = methodsOf(receiver).get(name);
  if (method !== undefined) return callMethod(run, dot, receiver, method, name, node, given);
  const hasArguments = given !== undefined && (given.args.length > 0 || given.piped !== undefined);
  if (isStruct(receiver) && receiver.names.includes(name)) {
    if (hasArguments) run.fail(`${name} has arguments but cannot be invoked as function`);
    return receiver.field(name);
  }
  if (isMap(receiver)) {
    if (hasArguments) run.fail(`${name} is not a method but has arguments`);
    return receiver.entries.get(name) ?? receiver.zero;
  }
  return run.fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
}

/** A value for a parameter of this type. */
export function accepted(run: Run, value: Value, type: Parameter): Value {
  if (type === 'any') return value;
  if (value === null) {
    return canBeNil(type) ? nil(type) : run.fail(`invalid value; expected ${type}`);
  }
  const found = typeName(value);
  return found === type ? value : run.fail(`wrong type for value; expected ${type}; got ${found}`);
}

/** Whether `nil` can be given for it. */
export function canBeNil(type: Parameter): boolean {
  return type === 'any' || type === 'func' || type.startsWith('[]');
}

/** The nil of a type; a nil slice is an empty one. */
export function nil(type: Parameter): Value {
  return type.startsWith('[]') ? { kind: 'slice', type, items: [], methods: NO_METHODS } : null;
}

function callMethod(
  run: Run,
  dot: Value,
  receiver: Value,
  method: Method,
  name: string,
  node: Node,
  given: Given | undefined,
): Value {
  const args =
    given === undefined && method.parameters.length === 0
      ? []
      : argumentsOf(run, dot, name, method, given ?? NOTHING);
  return ended(run, node, name, method.call(receiver as never, args));
}

const NOTHING: Given = { args: [], first: '', piped: undefined };

/** A list that a function made is a copy, for which its items are paid. */
function charged(run: Run, result: Value | Error): Value | Error {
  if (!(result instanceof Error) && typeof result === 'object' && result?.kind === 'slice') {
    run.step(Math.ceil(result.items.length / ITEMS_PER_STEP));
  }
  return result;
}

/** What a call gave; where that is an error, the rendering ends with it. */
function ended(run: Run, node: Node, name: string, result: Value | Error): Value {
  if (!(result instanceof Error)) return run.made(result);
  run.at = node;
  return run.fail(`error calling ${name}: ${result.message}`);
}

/** The values for all parameters, their number and types checked (text/template/exec.go, evalCall). */
function argumentsOf(
  run: Run,
  dot: Value,
  name: string,
  { parameters, isVariadic }: Callable,
  { args, piped }: Given,
): Value[] {
  const count = args.length + (piped === undefined ? 0 : 1);
  const fixed = isVariadic ? parameters.length - 1 : parameters.length;
  if (isVariadic && count < fixed) {
    run.fail(`wrong number of args for ${name}: want at least ${fixed} got ${args.length}`);
  }
  if (!isVariadic && count !== fixed) {
    run.fail(`wrong number of args for ${name}: want ${fixed} got ${count}`);
  }
  const typeOf = (i: number): Parameter => parameters[Math.min(i, parameters.length - 1)] ?? 'any';
  const values = args.map((arg, i) => arg(run, dot, typeOf(i)));
  if (piped !== undefined) values.push(accepted(run, piped, typeOf(args.length)));
  run.given(values);
  return values;
}

/** `and` and `or` evaluate no more arguments than they need. */
function shortCircuit(run: Run, dot: Value, { name }: GoFunction, { args, piped }: Given): Value {
  if (args.length === 0 && piped === undefined) {
    run.fail(`wrong number of args for ${name}: want at least 1 got 0`);
  }
  let value: Value = null;
  for (const arg of args) {
    value = arg(run, dot, 'any');
    if (truth(value) === (name === 'or')) return value;
  }
  return piped === undefined ? value : piped;
}

/** The builtin `call`: nothing that Alertmanager gives to templates is a function, so that it always fails. */
function callValue([callee = null, ...args]: readonly Value[], { first }: Given): Value | Error {
  if (callee === null) return new Error('call of nil');
  if (typeof callee !== 'object' || callee.kind !== 'func') {
    return new Error(`non-function ${first} of type ${typeName(callee)}`);
  }
  return callee.call(args);
}

/** The label of Alertmanager's route of that name, whatever `.` and `$` are; "" where it has none. */
function routeLabel({ data }: Run, [name]: readonly Value[]): Value {
  const labels = isStruct(data) && data.names.includes('RouteLabels') ? data.field('RouteLabels') : null;
  return (isMap(labels) && labels.entries.get(String(name))) || '';
}

function methodsOf(value: Value): ReadonlyMap<string, Method> {
  return typeof value === 'object' && value !== null && value.kind !== 'func' ? value.methods : NO_METHODS;
}

function isStruct(value: Value): value is Extract<Value, { kind: 'struct' }> {
  return typeof value === 'object' && value?.kind === 'struct';
}

function isMap(value: Value): value is Extract<Value, { kind: 'map' }> {
  return typeof value === 'object' && value?.kind === 'map';
}
