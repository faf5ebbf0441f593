import { stringLiteral } from './go-string.ts';
import { KEYWORDS, lex, type Token, type TokenKind } from './lex.ts';
import {
  type CommandNode,
  type ControlNode,
  type EndNode,
  type IdentifierNode,
  type ListNode,
  type OperandNode,
  type PipeNode,
  printNode,
  type StatementNode,
  type TemplateText,
  type VariableNode,
} from './node.ts';
import { parseCharacter, parseNumber } from './number.ts';

/** A template: what a `define` or `block` holds, or a whole text. */
export interface Tree {
  readonly name: string;
  readonly source: TemplateText;
  readonly root: ListNode;
}

/** What is wrong with a template's text. */
export interface TemplateFault {
  /** In Go's words: `template: name:1: unclosed action`. */
  readonly message: string;
  readonly source: TemplateText;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** What one text defines: itself first, under its own name, then its `define`s and `block`s. */
export type Parsed = readonly [Tree, ...Tree[]];

/** Thrown inside this file only. */
class SyntaxFault extends Error {}

/** Parses a text as Go's text/template does (text/template/parse/parse.go); its first fault is its only one, as there. */
export function parse(
  source: TemplateText,
  knowsFunction: (name: string) => boolean,
): Parsed | TemplateFault {
  const parser = new Parser(source, knowsFunction);
  try {
    return parser.parseAll();
  } catch (error) {
    if (error instanceof SyntaxFault) return { message: error.message, source, ...parser.place() };
    // The stack is exhausted.
    if (error instanceof RangeError)
      return { message: parser.worded('nested too deeply'), source, ...parser.place() };
    throw error;
  }
}

/** Whether a template says nothing: it never takes the place of one that does (parse.IsEmptyTree). */
export function isEmpty({ nodes }: ListNode): boolean {
  return nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}

const OPERANDS: ReadonlySet<TokenKind> = new Set([
  'bool',
  'character constant',
  'complex',
  'dot',
  'field',
  'identifier',
  'left paren',
  'nil',
  'number',
  'raw string',
  'string',
  'variable',
]);

class Parser {
  private readonly source: TemplateText;
  private readonly knowsFunction: (name: string) => boolean;
  private readonly tokens: Iterator<Token, void>;
  /** Tokens read ahead or put back; the next one first. */
  private ahead: Token[] = [];
  /** The one that was read last from the text: where errors are placed. */
  private latest: Token = { kind: 'EOF', text: '', at: 0, line: 1 };
  private readonly defined = new Map<string, Tree>();
  /** The line on which the action that is being read began; 0 outside of actions. */
  private actionLine = 0;
  private rangeDepth = 0;
  /** Names that may be used, in the order of their declaration; `$` first. */
  private variables: string[] = ['$'];
  /** Those of them that have a place: an assignment makes a name known, but declares nothing. */
  private declared: string[] = ['$'];

  constructor(source: TemplateText, knowsFunction: (name: string) => boolean) {
    this.source = source;
    this.knowsFunction = knowsFunction;
    this.tokens = lex(source.text);
  }

  parseAll(): Parsed {
    const { source } = this;
    const at = this.peek().at;
    const nodes: StatementNode[] = [];
    while (this.peek().kind !== 'EOF') {
      if (this.peek().kind === 'left delimiter') {
        const delimiter = this.next();
        const token = this.nextNonSpace();
        if (token.kind === 'define') {
          this.parseDefinition();
          continue;
        }
        this.ahead.unshift(delimiter, token);
      }
      const node = this.textOrAction();
      if (isEnd(node)) return this.fail(`unexpected ${printNode(node)}`);
      nodes.push(node);
    }
    const root: ListNode = { kind: 'list', at, source, nodes };
    const own: Tree = { name: source.name, source, root };
    // A text may define a template of its own name; what is said last without being empty counts.
    const others = [...this.defined.values()].filter(({ name }) => name !== source.name || isEmpty(root));
    return [own, ...others];
  }

  /** Line and column of what was read last. */
  place(): { readonly line: number; readonly column: number } {
    const { at, line } = this.latest;
    return { line, column: at - this.source.text.lastIndexOf('\n', at - 1) };
  }

  worded(message: string): string {
    return `template: ${this.source.name}:${this.latest.line}: ${message}`;
  }

  private fail(message: string): never {
    throw new SyntaxFault(this.worded(message));
  }

  private unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') return this.fail(`unexpected ${printToken(token)} in ${context}`);
    const since = this.actionLine !== 0 && this.actionLine !== token.line;
    const began = since ? ` action started at ${this.source.name}:${this.actionLine}` : '';
    const extra = since && !token.text.endsWith(' action') ? ` in${began}` : began.slice(' action'.length);
    return this.fail(`${token.text}${extra}`);
  }

  private peek(): Token {
    const [token] = this.ahead;
    if (token !== undefined) return token;
    const { value } = this.tokens.next();
    // After the last token, an EOF or an error, that one again.
    if (value !== undefined) this.latest = value;
    this.ahead.push(this.latest);
    return this.latest;
  }

  private next(): Token {
    const token = this.peek();
    this.ahead.shift();
    return token;
  }

  private nextNonSpace(): Token {
    let token = this.next();
    while (token.kind === 'space') token = this.next();
    return token;
  }

  private peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.ahead.unshift(token);
    return token;
  }

  private expect(context: string, ...kinds: readonly TokenKind[]): Token {
    const token = this.nextNonSpace();
    return kinds.includes(token.kind) ? token : this.unexpected(token, context);
  }

  private unquote({ text }: Token): string {
    return stringLiteral(text) ?? this.fail('invalid syntax');
  }

  private parseDefinition(): void {
    const context = 'define clause';
    const name = this.unquote(this.expect(context, 'string', 'raw string'));
    this.expect(context, 'right delimiter');
    this.define(
      name,
      this.ownScope(() => this.body(context)),
    );
  }

  /** The list up to its `end`. */
  private body(context: string): ListNode {
    const { list, end } = this.itemList();
    if (end.kind !== 'end') this.fail(`unexpected ${printNode(end)} in ${context}`);
    return list;
  }

  private define(name: string, root: ListNode): void {
    const known = this.defined.get(name);
    if (known === undefined || isEmpty(known.root)) {
      this.defined.set(name, { name, source: this.source, root });
    } else if (!isEmpty(root)) {
      this.fail(`template: multiple definition of template ${JSON.stringify(name)}`);
    }
  }

  /** A template inside another sees none of its variables. */
  private ownScope<T>(read: () => T): T {
    const { variables, declared, rangeDepth, actionLine } = this;
    this.variables = ['$'];
    this.declared = ['$'];
    this.rangeDepth = 0;
    this.actionLine = 0;
    const result = read();
    Object.assign(this, { variables, declared, rangeDepth, actionLine });
    return result;
  }

  private itemList(): { list: ListNode; end: EndNode } {
    const { at } = this.peekNonSpace();
    const nodes: StatementNode[] = [];
    while (this.peekNonSpace().kind !== 'EOF') {
      const node = this.textOrAction();
      if (isEnd(node)) {
        return { list: { kind: 'list', at, source: this.source, nodes }, end: node };
      }
      nodes.push(node);
    }
    return this.fail('unexpected EOF');
  }

  private textOrAction(): StatementNode | EndNode {
    const token = this.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, source: this.source, text: token.text };
    if (token.kind !== 'left delimiter') return this.unexpected(token, 'input');
    this.actionLine = token.line;
    const node = this.action();
    this.actionLine = 0;
    return node;
  }

  private action(): StatementNode | EndNode {
    const { source } = this;
    const token = this.nextNonSpace();
    const { at } = token;
    switch (token.kind) {
      case 'block':
        return this.block();
      case 'break':
      case 'continue':
        return this.jump(token.kind, at);
      case 'else': {
        const { kind } = this.peekNonSpace();
        // `else if` and `else with` are read on by whoever reads the list.
        if (kind !== 'if' && kind !== 'with') this.expect('else', 'right delimiter');
        return { kind: 'else', at, source };
      }
      case 'end':
        return { kind: 'end', at: this.expect('end', 'right delimiter').at, source };
      case 'if':
      case 'range':
      case 'with':
        return this.control(token.kind);
      case 'template':
        return this.template();
      default:
        this.ahead.unshift(token);
        return { kind: 'action', at, source, pipe: this.pipeline('command', 'right delimiter') };
    }
  }

  private jump(kind: 'break' | 'continue', at: number): StatementNode {
    const token = this.nextNonSpace();
    if (token.kind !== 'right delimiter') this.unexpected(token, `{{${kind}}}`);
    if (this.rangeDepth === 0) this.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at, source: this.source };
  }

  private control(kind: ControlNode['kind']): ControlNode {
    const { source } = this;
    const known = this.variables.length;
    const places = this.declared.length;
    const pipe = this.pipeline(kind, 'right delimiter');
    if (kind === 'range') this.rangeDepth++;
    const { list, end } = this.itemList();
    if (kind === 'range') this.rangeDepth--;
    const elseList = end.kind === 'else' ? this.otherwise(kind, end) : undefined;
    this.variables.length = known;
    this.declared.length = places;
    const node = { kind, at: pipe.at, source, pipe, list };
    return elseList === undefined ? node : { ...node, elseList };
  }

  private otherwise(kind: ControlNode['kind'], { at, source }: EndNode): ListNode {
    const next = this.peek().kind;
    if (next === kind && kind !== 'range') {
      this.next();
      return { kind: 'list', at, source, nodes: [this.control(kind)] };
    }
    const { list, end } = this.itemList();
    if (end.kind !== 'end') this.fail(`expected end; found ${printNode(end)}`);
    return list;
  }

  private template(): StatementNode {
    const { at, name } = this.templateName('template clause');
    const node = { kind: 'template' as const, at, source: this.source, name };
    const token = this.nextNonSpace();
    if (token.kind === 'right delimiter') return node;
    this.ahead.unshift(token);
    return { ...node, pipe: this.pipeline('template clause', 'right delimiter') };
  }

  private block(): StatementNode {
    const context = 'block clause';
    const { at, name } = this.templateName(context);
    const pipe = this.pipeline(context, 'right delimiter');
    this.define(
      name,
      this.ownScope(() => this.body(context)),
    );
    return { kind: 'template', at, source: this.source, name, pipe };
  }

  private templateName(context: string): { at: number; name: string } {
    const token = this.expect(context, 'string', 'raw string');
    return { at: token.at, name: this.unquote(token) };
  }

  private pipeline(context: string, end: TokenKind): PipeNode {
    const { at } = this.peekNonSpace();
    const { tokens, isAssign } = this.declarations(context);
    const commands: CommandNode[] = [];
    while (true) {
      const token = this.nextNonSpace();
      if (token.kind === end) break;
      if (!OPERANDS.has(token.kind)) this.unexpected(token, context);
      this.ahead.unshift(token);
      commands.push(this.command());
    }
    this.checkPipeline(commands, context);
    // Only now: in `$x := $x` the second one is an earlier `$x`.
    if (!isAssign) this.declared.push(...tokens.map(({ text }) => text));
    const variables = tokens.map(({ text, at: place }) => this.variable(text, place));
    return { kind: 'pipe', at, source: this.source, variables, isAssign, commands };
  }

  /** The variables that a pipeline begins with, if any. */
  private declarations(context: string): { tokens: readonly Token[]; isAssign: boolean } {
    const tokens: Token[] = [];
    let isAssign = false;
    while (this.peekNonSpace().kind === 'variable') {
      const token = this.next();
      const after = this.peek();
      const { kind, text } = this.peekNonSpace();
      const goesOn = kind === 'char' && text === ',';
      if (kind !== 'assign' && kind !== 'declare' && !goesOn) {
        // It is an argument, or the first operand.
        this.ahead.unshift(...(after.kind === 'space' ? [token, after] : [token]));
        break;
      }
      this.nextNonSpace();
      tokens.push(token);
      isAssign = kind === 'assign';
      if (!goesOn) break;
      this.expectAnotherVariable(context, tokens.length);
    }
    this.variables.push(...tokens.map(({ text }) => text));
    return { tokens, isAssign };
  }

  private expectAnotherVariable(context: string, known: number): void {
    if (context !== 'range' || known > 1) this.fail(`too many declarations in ${context}`);
    const { kind } = this.peekNonSpace();
    const mayFollow = kind === 'variable' || kind === 'right delimiter' || kind === 'right paren';
    if (!mayFollow) this.fail('range can only initialize variables');
  }

  private variable(text: string, at: number): VariableNode {
    const [name = '', ...fields] = text.split('.');
    const slot = this.declared.lastIndexOf(name);
    return {
      kind: 'variable',
      at,
      source: this.source,
      names: [name, ...fields],
      slot: slot === -1 ? undefined : slot,
    };
  }

  private checkPipeline(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    for (const [i, { operands }] of commands.entries()) {
      const kind = operands[0]?.kind ?? 'nil';
      if (i > 0 && ['bool', 'dot', 'nil', 'number', 'string'].includes(kind)) {
        this.fail(`non executable command in pipeline stage ${i + 1}`);
      }
    }
  }

  private command(): CommandNode {
    const { at } = this.peekNonSpace();
    const operands: OperandNode[] = [];
    while (true) {
      this.peekNonSpace();
      const operand = this.operand();
      if (operand !== undefined) operands.push(operand);
      const token = this.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right delimiter' || token.kind === 'right paren') this.ahead.unshift(token);
      else if (token.kind !== 'pipe') this.unexpected(token, 'operand');
      break;
    }
    if (operands.length === 0) this.fail('empty command');
    return { kind: 'command', at, source: this.source, operands };
  }

  private operand(): OperandNode | undefined {
    const node = this.term();
    if (node === undefined || this.peek().kind !== 'field') return node;
    const { at } = this.peek();
    const names: string[] = [];
    while (this.peek().kind === 'field') names.push(this.next().text.slice(1));
    switch (node.kind) {
      case 'field':
        return { ...node, at, names: [...node.names, ...names] };
      case 'variable':
        return { ...node, at, names: [...node.names, ...names] };
      case 'pipe':
      case 'identifier':
        return { kind: 'chain', at, source: this.source, node, names };
      default:
        return this.fail(`unexpected . after term ${JSON.stringify(printNode(node))}`);
    }
  }

  private term(): OperandNode | undefined {
    const { source } = this;
    const token = this.nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        return this.identifier(token);
      case 'dot':
      case 'nil':
        return { kind: token.kind, at, source };
      case 'variable':
        if (!this.variables.includes(text)) this.fail(`undefined variable ${JSON.stringify(text)}`);
        return this.variable(text, at);
      case 'field':
        return { kind: 'field', at, source, names: [text.slice(1)] };
      case 'bool':
        return { kind: 'bool', at, source, text, value: text === 'true' };
      case 'character constant':
      case 'complex':
      case 'number': {
        const number = token.kind === 'character constant' ? parseCharacter(text) : parseNumber(text);
        return number instanceof Error
          ? this.fail(number.message)
          : { kind: 'number', at, source, text, ...number };
      }
      case 'left paren':
        return this.pipeline('parenthesized pipeline', 'right paren');
      case 'raw string':
      case 'string':
        return { kind: 'string', at, source, text, value: this.unquote(token) };
      default:
        this.ahead.unshift(token);
        return undefined;
    }
  }

  private identifier({ text, at }: Token): IdentifierNode {
    if (!this.knowsFunction(text)) this.fail(`function ${JSON.stringify(text)} not defined`);
    return { kind: 'identifier', at, source: this.source, name: text };
  }
}

function isEnd(node: StatementNode | EndNode): node is EndNode {
  return node.kind === 'end' || node.kind === 'else';
}

/** As Go's errors show a token. */
function printToken({ kind, text }: Token): string {
  if (kind === 'EOF') return 'EOF';
  if (kind === 'dot' || KEYWORDS.has(kind)) return `<${text}>`;
  const characters = [...text];
  return characters.length > 10
    ? `${JSON.stringify(characters.slice(0, 10).join(''))}...`
    : JSON.stringify(text);
}
