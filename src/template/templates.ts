import { compileList } from './compile.ts';
import { DEFAULT_TEMPLATES } from './defaults.ts';
import { namesIn } from './names.ts';
import type { Node, TemplateText } from './node.ts';
import { isEmpty, type Parsed, parse, type TemplateFault, type Tree } from './parse.ts';
import { type Library, OutputFull, Run, RunFailure, type Statement } from './run.ts';
import type { GoFunction, Parameter, Value } from './value.ts';

/** A template, ready to be rendered any number of times. */
export interface Template {
  /** As it was written. */
  readonly source: string;
  /** Its text when it is the same whatever the data; undefined when it has actions. */
  readonly constant: string | undefined;
  /** Names of templates that it calls, itself or through others, and that there are not. */
  readonly unknown: readonly string[];
  /** Every field and text that it names, or a template that it calls: among them are the labels that it reads. */
  mentions(): ReadonlySet<string>;
  /**
   * The text for this data. An error tells, in Go's words, what the template did wrong. A text that grows longer than any
   * vendor takes ends there.
   */
  render(data: Value): string | Error;
}

/** Tells a compiled template from other data. */
export function isTemplate(value: object): value is Template {
  return 'render' in value && typeof value.render === 'function';
}

/** Templates that texts can call: Alertmanager's defaults and those of the user's files. */
export interface Templates {
  /** Compiles a text, as the value of a setting; what it defines, it defines for itself only. */
  compile(text: string): Template | TemplateFault;
}

type Functions = ReadonlyMap<string, GoFunction>;

/** A template with its statements. */
interface Compiled {
  readonly tree: Tree;
  readonly statement: Statement;
}

/** Reads the files' templates, in order: a later one of the same name takes an earlier one's place. Every file's first fault is returned. */
export function createTemplates(
  files: readonly TemplateText[],
  functions: Functions,
): Templates | readonly TemplateFault[] {
  const known: Functions = new Map([...functions, ...CONTROL_FUNCTIONS]);
  const library = new Map<string, Compiled>();
  const faults: TemplateFault[] = [];
  for (const file of [{ name: '', text: DEFAULT_TEMPLATES }, ...files]) {
    const parsed = parse(file, (name) => known.has(name));
    if ('message' in parsed) faults.push(parsed);
    else add(parsed, library, known);
  }
  if (faults.length > 0) return faults;
  const shared = statementsOf(library);
  return {
    compile(text) {
      const parsed = parse({ name: '', text }, (name) => known.has(name));
      if ('message' in parsed) return parsed;
      const [tree] = parsed;
      const definesMore = parsed.length > 1;
      const own = definesMore ? new Map(library) : library;
      if (definesMore) add(parsed, own, known);
      const statements = definesMore ? statementsOf(own) : shared;
      const statement = compileList(tree.root, known);
      const { trees, unknown } = reach(tree, own);
      return {
        source: text,
        constant: constantOf(tree, text),
        unknown,
        mentions: () => new Set(trees.flatMap(({ root }) => namesIn(root))),
        render: (data) => render(statement, statements, data),
      };
    },
  };
}

/** Those that are more than functions of their arguments: what they do is in call.ts. */
const CONTROL_FUNCTIONS: Functions = new Map([
  ...['and', 'or', 'call'].map((name) => declared(name, ['any', 'any'], true)),
  declared('routeLabels', ['string'], false),
]);

function declared(
  name: string,
  parameters: readonly Parameter[],
  isVariadic: boolean,
): readonly [string, GoFunction] {
  return [name, { kind: 'func', name, parameters, isVariadic, call: () => null }];
}

/** Like Go's AddParseTree: what is empty never replaces what is there, but for the text itself. */
function add([own, ...defined]: Parsed, library: Map<string, Compiled>, functions: Functions): void {
  for (const tree of [own, ...defined]) {
    if (tree !== own && library.has(tree.name) && isEmpty(tree.root)) continue;
    library.set(tree.name, { tree, statement: compileList(tree.root, functions) });
  }
}

function constantOf({ root }: Tree, text: string): string | undefined {
  if (text === '') return '';
  return root.nodes.every(({ kind }) => kind === 'text')
    ? root.nodes.map((node) => (node.kind === 'text' ? node.text : '')).join('')
    : undefined;
}

function statementsOf(library: ReadonlyMap<string, Compiled>): Library {
  return new Map(Array.from(library, ([name, { statement }]) => [name, statement]));
}

function render(statement: Statement, library: Library, data: Value): string | Error {
  const run = new Run(statement, library, data);
  try {
    statement(run, data);
    return run.output;
  } catch (error) {
    if (error instanceof OutputFull) return run.output;
    if (error instanceof RunFailure) return error;
    // A text or a list that is too long for the machine, or a stack that is exhausted.
    if (error instanceof RangeError)
      return new Error(`template: the rendering is too large (${error.message})`);
    throw error;
  }
}

interface Reach {
  /** The template and all that it calls, itself or through others. */
  readonly trees: readonly Tree[];
  /** Names of those that do not exist. Go finds that out only when the call is executed. */
  readonly unknown: readonly string[];
}

function reach(tree: Tree, library: ReadonlyMap<string, Compiled>): Reach {
  const trees = [tree];
  const seen = new Set<string>();
  const unknown: string[] = [];
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    const called = library.get(name);
    if (called === undefined) {
      unknown.push(name);
      return;
    }
    trees.push(called.tree);
    calls(called.tree.root).forEach(visit);
  };
  calls(tree.root).forEach(visit);
  return { trees, unknown };
}

function calls(node: Node): readonly string[] {
  switch (node.kind) {
    case 'list':
      return node.nodes.flatMap(calls);
    case 'template':
      return [node.name];
    case 'if':
    case 'with':
    case 'range':
      return [...calls(node.list), ...(node.elseList === undefined ? [] : calls(node.elseList))];
    default:
      return [];
  }
}
