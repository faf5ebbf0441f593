import { byByteOrder } from './byte-order.ts';
import { type Argument, accepted, callFunction, canBeNil, fieldOf, type Given, nil } from './call.ts';
import { printValue } from './go-format.ts';
import {
  type CommandNode,
  type ControlNode,
  type ListNode,
  type NumberNode,
  type OperandNode,
  type PipeNode,
  printNode,
  type StatementNode,
  type TemplateNode,
  type VariableNode,
} from './node.ts';
import type { Flow, Run, Statement } from './run.ts';
import { truth } from './truth.ts';
import type { GoFunction, Parameter, Value } from './value.ts';

type Functions = ReadonlyMap<string, GoFunction>;

/** A pipeline or one of its parts. */
type Expression = (run: Run, dot: Value) => Value;
/** A command, given the value that came through the pipe, if any. */
type Command = (run: Run, dot: Value, piped: Value | undefined) => Value;

/**
 * Turns a parsed template into a function, in the order of evaluation of Go's text/template (text/template/exec.go).
 * `run.at` follows the node that is evaluated exactly as there, so that failures are blamed on the same words.
 */
export function compileList({ nodes }: ListNode, functions: Functions): Statement {
  const statements = nodes.map((node) => compileStatement(node, functions));
  return (run, dot) => {
    for (const statement of statements) {
      run.step();
      const flow = statement(run, dot);
      if (flow !== 'next') return flow;
    }
    return 'next';
  };
}

function compileStatement(node: StatementNode, functions: Functions): Statement {
  switch (node.kind) {
    case 'text':
      return (run) => {
        run.write(node.text);
        return 'next';
      };
    case 'action': {
      const value = compilePipe(node.pipe, functions);
      const isPrinted = node.pipe.variables.length === 0;
      return (run, dot) => {
        run.at = node;
        const result = value(run, dot);
        if (isPrinted) {
          run.at = node;
          run.write(printed(run, result, node.pipe));
        }
        return 'next';
      };
    }
    case 'if':
    case 'with':
      return compileChoice(node, functions);
    case 'range':
      return compileRange(node, functions);
    case 'template':
      return compileTemplate(node, functions);
    case 'break':
    case 'continue': {
      const { kind } = node;
      return () => kind;
    }
  }
}

function printed(run: Run, value: Value, pipe: PipeNode): string {
  if (typeof value === 'object' && value?.kind === 'func') {
    return run.fail(`can't print {{${printNode(pipe)}}} of type func()`);
  }
  return printValue(value);
}

function compileTemplate(node: TemplateNode, functions: Functions): Statement {
  const data = node.pipe === undefined ? () => null : compilePipe(node.pipe, functions);
  return (run, dot) => {
    run.at = node;
    run.call(node.name, () => data(run, dot));
    return 'next';
  };
}

function compileChoice(node: ControlNode, functions: Functions): Statement {
  const condition = compilePipe(node.pipe, functions);
  const list = compileList(node.list, functions);
  const otherwise = node.elseList && compileList(node.elseList, functions);
  return (run, dot) => {
    run.at = node;
    const value = condition(run, dot);
    if (truth(value)) return list(run, node.kind === 'with' ? value : dot);
    return otherwise === undefined ? 'next' : otherwise(run, dot);
  };
}

function compileRange(node: ControlNode, functions: Functions): Statement {
  const { variables, isAssign } = node.pipe;
  // This sets the variables to the whole; each iteration then sets them to its own.
  const over = compilePipe(node.pipe, functions);
  const list = compileList(node.list, functions);
  const otherwise = node.elseList && compileList(node.elseList, functions);
  const [first, second] = variables;
  const element = second ?? first;
  const index = second === undefined ? undefined : first;
  const iterate = (run: Run, key: Value, item: Value): Flow => {
    run.step();
    if (element !== undefined) setVariable(run, element, item, isAssign);
    if (index !== undefined) setVariable(run, index, key, isAssign);
    return list(run, item);
  };
  return (run, dot) => {
    run.at = node;
    const value = over(run, dot);
    let ran = false;
    for (const [key, item] of iterations(run, value, variables.length)) {
      ran = true;
      if (iterate(run, key, item) === 'break') break;
    }
    if (ran || otherwise === undefined) return 'next';
    // As in Go, a `break` there ends this `range`, and a `continue` goes on with the one around it.
    return otherwise(run, dot) === 'continue' ? 'continue' : 'next';
  };
}

/** The keys and items that `range` goes through. */
function iterations(run: Run, value: Value, variables: number): Iterable<[Value, Value]> {
  if (value === null) return [];
  if (typeof value === 'bigint') return numbers(run, value, variables);
  if (typeof value === 'object' && value.kind === 'int') return numbers(run, value.value, variables);
  if (typeof value === 'object' && value.kind === 'slice') {
    return value.items.map((item, i) => [BigInt(i), item]);
  }
  if (typeof value !== 'object' || value.kind !== 'map') {
    return run.fail(`range can't iterate over ${printValue(value)}`);
  }
  const keys = [...value.entries.keys()].sort(byByteOrder);
  return keys.map((key) => [key, value.entries.get(key) ?? value.zero]);
}

function* numbers(run: Run, count: bigint, variables: number): Generator<[Value, Value]> {
  if (variables > 1) run.fail(`can't use ${count} to iterate over more than one variable`);
  for (let i = 0n; i < count; i++) yield [i, i];
}

function setVariable(run: Run, { slot, names }: VariableNode, value: Value, isAssign: boolean): void {
  const known = slot !== undefined && (!isAssign || run.variables[slot] !== undefined);
  if (known) run.variables[slot] = value;
  else run.fail(`undefined variable: ${names[0]}`);
}

function compilePipe(pipe: PipeNode, functions: Functions): Expression {
  const commands = pipe.commands.map((command) => compileCommand(command, functions));
  const [only, ...rest] = commands;
  const { variables, isAssign } = pipe;
  if (only === undefined) return () => null;
  if (rest.length === 0 && variables.length === 0) {
    return (run, dot) => {
      run.at = pipe;
      return only(run, dot, undefined);
    };
  }
  return (run, dot) => {
    run.at = pipe;
    let value = only(run, dot, undefined);
    for (const command of rest) value = command(run, dot, value);
    for (const variable of variables) setVariable(run, variable, value, isAssign);
    return value;
  };
}

function compileCommand(node: CommandNode, functions: Functions): Command {
  const [operand, ...rest] = node.operands;
  if (operand === undefined) return () => null;
  const args = rest.map((arg) => compileArgument(arg, functions));
  const first = rest[0] === undefined ? '' : printNode(rest[0]);
  const given = (piped: Value | undefined): Given => ({ args, first, piped });
  switch (operand.kind) {
    case 'identifier': {
      const fn = functionOf(operand.name, functions);
      return (run, dot, piped) => {
        run.at = operand;
        return callFunction(run, dot, fn, node, given(piped));
      };
    }
    case 'field':
    case 'chain':
    case 'variable': {
      const isBareVariable = operand.kind === 'variable' && operand.names.length === 1;
      const chain = compileFields(operand, functions);
      if (args.length === 0 && !isBareVariable) {
        return (run, dot, piped) => chain(run, dot, piped === undefined ? undefined : given(piped));
      }
      return (run, dot, piped) => {
        if (isBareVariable && (args.length > 0 || piped !== undefined)) {
          run.at = operand;
          run.fail(`can't give argument to non-function ${printNode(operand)}`);
        }
        return chain(run, dot, args.length === 0 ? undefined : given(piped));
      };
    }
    default: {
      const value = compileOperand(operand, functions);
      const blames = operand.kind !== 'pipe';
      return (run, dot, piped) => {
        if (blames) run.at = operand;
        if (args.length > 0 || piped !== undefined) {
          run.fail(`can't give argument to non-function ${printNode(operand)}`);
        }
        return value(run, dot);
      };
    }
  }
}

function functionOf(name: string, functions: Functions): GoFunction {
  const fn = functions.get(name);
  if (fn === undefined) throw new Error(`the parser let pass a function that there is not: ${name}`);
  return fn;
}

type FieldsNode = Extract<OperandNode, { kind: 'field' | 'chain' | 'variable' }>;

/** A chain of fields, the last of which gets the arguments. */
function compileFields(
  node: FieldsNode,
  functions: Functions,
): (run: Run, dot: Value, given: Given | undefined) => Value {
  const names = node.kind === 'variable' ? node.names.slice(1) : node.names;
  const start = compileStart(node, functions);
  const last = names.length - 1;
  return (run, dot, given) => {
    run.at = node;
    let value = start(run, dot);
    for (let i = 0; i <= last; i++) {
      const name = names[i] ?? '';
      // What a map of anything lacks is a nil interface, and that has no fields.
      if (value === null && i > 0) run.fail(`nil pointer evaluating interface {}.${name}`);
      value = fieldOf(run, dot, value, name, node, i === last ? given : undefined);
    }
    return value;
  };
}

function compileStart(node: FieldsNode, functions: Functions): Expression {
  if (node.kind === 'field') return (_run, dot) => dot;
  if (node.kind === 'chain') {
    const start = compileArgument(node.node, functions);
    return (run, dot) => start(run, dot, 'any');
  }
  const { slot, names } = node;
  return (run) => {
    const value = slot === undefined ? undefined : run.variables[slot];
    return value === undefined ? run.fail(`undefined variable: ${names[0]}`) : value;
  };
}

/** An operand that is no function, method or field. */
function compileOperand(node: OperandNode, functions: Functions): Expression {
  switch (node.kind) {
    case 'pipe':
      return compilePipe(node, functions);
    case 'bool':
    case 'string':
      return () => node.value;
    case 'dot':
      return (_run, dot) => dot;
    case 'number':
      return (run) => constant(run, node);
    default:
      return (run) => run.fail(`${node.kind} is not a command`);
  }
}

function constant(run: Run, { value, text }: NumberNode): Value {
  return value === undefined ? run.fail(`${text} overflows int`) : value;
}

function compileArgument(node: OperandNode, functions: Functions): Argument {
  switch (node.kind) {
    case 'dot':
      return (run, dot, type) => {
        run.at = node;
        return accepted(run, dot, type);
      };
    case 'nil':
      return (run, _dot, type) => {
        run.at = node;
        return canBeNil(type) ? nil(type) : run.fail(`cannot assign nil to ${type}`);
      };
    case 'field':
    case 'variable':
    case 'chain': {
      const chain = compileFields(node, functions);
      return (run, dot, type) => {
        run.at = node;
        return accepted(run, chain(run, dot, undefined), type);
      };
    }
    case 'pipe': {
      const value = compilePipe(node, functions);
      return (run, dot, type) => {
        run.at = node;
        return accepted(run, value(run, dot), type);
      };
    }
    case 'identifier': {
      const fn = functionOf(node.name, functions);
      const given = { args: [], first: '', piped: undefined };
      return (run, dot, type) => {
        run.at = node;
        return accepted(run, callFunction(run, dot, fn, node, given), type);
      };
    }
    case 'bool':
    case 'string':
    case 'number':
      return (run, _dot, type) => {
        run.at = node;
        return literal(run, node, type);
      };
  }
}

/** A literal for a parameter: what it must be follows from the parameter's type alone. */
function literal(
  run: Run,
  node: Extract<OperandNode, { kind: 'bool' | 'string' | 'number' }>,
  type: Parameter,
): Value {
  const fitting =
    node.kind === 'number' ? { int: node.int, float64: node.float } : { [node.kind]: node.value };
  switch (type) {
    case 'any':
      return node.kind === 'number' ? constant(run, node) : node.value;
    case 'bool':
    case 'string':
    case 'int':
    case 'float64': {
      const value = (fitting as Partial<Record<Parameter, Value>>)[type];
      const wanted = { bool: 'bool', string: 'string', int: 'integer', float64: 'float' }[type];
      return value === undefined ? run.fail(`expected ${wanted}; found ${printNode(node)}`) : value;
    }
    case 'time.Duration':
    case 'time.Month':
      // An integer literal is of whatever integer type is wanted; the callee takes a plain int.
      return node.kind === 'number' && node.int !== undefined
        ? node.int
        : run.fail(`expected integer; found ${printNode(node)}`);
    default:
      return run.fail(`can't handle ${printNode(node)} for arg of type ${type}`);
  }
}
