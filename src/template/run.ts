import { type Node, printNode } from './node.ts';
import type { Value } from './value.ts';

/** Bounds of one rendering. A template comes from the config, but what it ranges over comes from alerts. */
const MAX_STEPS = 1_000_000;
const CHARACTERS_PER_STEP = 256;
const ITEMS_PER_STEP = 16;
/** Longest time, looked at now and then: what a step costs depends on what alerts say. Nothing else is done meanwhile. */
const MAX_MS = 1_000;
const STEPS_BETWEEN_LOOKS = 64;
/** Longest text, in UTF-16 units: more than any vendor takes, so that whatever is cut here would have been cut there. */
const MAX_OUTPUT = 1_048_576;
/** Templates that call each other, one inside the other. Go allows 100000; nobody means more than a few. */
const MAX_DEPTH = 200;

/** What a statement does to the `range` around it. */
export type Flow = 'next' | 'break' | 'continue';
export type Statement = (run: Run, dot: Value) => Flow;

/** The templates that can be called, by name. */
export type Library = ReadonlyMap<string, Statement>;

/** Thrown where a template fails, caught where its rendering began: nothing between them has anything to add. */
export class RunFailure extends Error {}

/** Thrown when the text is long enough: the rendering ends, without a failure. */
export class OutputFull extends Error {}

/** One rendering of one template. */
export class Run {
  /** The node that is evaluated: what a failure is blamed on. */
  at: Node | undefined;
  /** Variables of the template that is executed, by slot; the first is `$`. */
  variables: (Value | undefined)[];
  /** What the rendering is over. */
  readonly data: Value;
  /** The template itself, which has no name: as `""` it can be called, too. */
  private readonly own: Statement;
  private readonly library: Library;
  private template = '';
  private text = '';
  private steps = 0;
  private nextLook = STEPS_BETWEEN_LOOKS;
  private readonly startedAt = performance.now();
  private depth = 0;

  constructor(own: Statement, library: Library, data: Value) {
    this.own = own;
    this.library = library;
    this.data = data;
    this.variables = [data];
  }

  get output(): string {
    return this.text;
  }

  write(text: string): void {
    this.text += text;
    if (this.text.length <= MAX_OUTPUT) return;
    this.text = this.text.slice(0, MAX_OUTPUT);
    throw new OutputFull();
  }

  step(cost = 1): void {
    this.steps += cost;
    if (this.steps < this.nextLook) return;
    this.nextLook = this.steps + STEPS_BETWEEN_LOOKS;
    if (this.steps > MAX_STEPS) this.fail(`more than ${MAX_STEPS} steps`);
    if (performance.now() - this.startedAt > MAX_MS) this.fail(`more than ${MAX_MS} ms`);
  }

  /** A value that a call made, if it is not too long to go on with. A long text costs more to make than a short one. */
  made(value: Value): Value {
    const length = typeof value === 'string' ? value.length : 0;
    if (length > MAX_OUTPUT) this.fail(`a text of more than ${MAX_OUTPUT} characters`);
    this.step(1 + Math.floor(length / CHARACTERS_PER_STEP));
    return value;
  }

  /** What a call is given counts too: it is read from end to end. */
  given(args: readonly Value[]): void {
    for (const arg of args) {
      if (typeof arg === 'string') this.step(Math.floor(arg.length / CHARACTERS_PER_STEP));
      else if (typeof arg === 'object' && arg?.kind === 'slice')
        this.step(Math.floor(arg.items.length / ITEMS_PER_STEP));
    }
  }

  /** Executes another template, which sees nothing of this one's variables. */
  call(name: string, data: () => Value): void {
    const statement = name === '' ? this.own : this.library.get(name);
    if (statement === undefined) throw this.failure(`template ${JSON.stringify(name)} not defined`);
    if (this.depth === MAX_DEPTH) this.fail(`exceeded maximum template depth (${MAX_DEPTH})`);
    const dot = data();
    const { variables, template } = this;
    this.variables = [dot];
    this.template = name;
    this.depth++;
    statement(this, dot);
    this.variables = variables;
    this.template = template;
    this.depth--;
  }

  fail(message: string): never {
    throw this.failure(message);
  }

  /** In Go's words: `template: file:1:3: executing "name" at <.Foo>: …`. */
  private failure(message: string): RunFailure {
    if (this.at === undefined) return new RunFailure(`template: ${this.template}: ${message}`);
    const { at, source } = this.at;
    const before = source.text.slice(0, at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(lineStart));
    const where = `${source.name}:${line}:${column}`;
    const blamed = printNode(this.at);
    return new RunFailure(
      `template: ${where}: executing ${JSON.stringify(this.template)} at <${blamed}>: ${message}`,
    );
  }
}
