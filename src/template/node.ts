/** A text that templates were read from. */
export interface TemplateText {
  /** The file's name; empty for a text in the config. */
  readonly name: string;
  readonly text: string;
}

interface Placed {
  /** Where it begins in `source.text`. */
  readonly at: number;
  readonly source: TemplateText;
}

export interface TextNode extends Placed {
  readonly kind: 'text';
  readonly text: string;
}

export interface ActionNode extends Placed {
  readonly kind: 'action';
  readonly pipe: PipeNode;
}

/** `if`, `with` or `range`. */
export interface ControlNode extends Placed {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly elseList?: ListNode;
}

export interface TemplateNode extends Placed {
  readonly kind: 'template';
  readonly name: string;
  readonly pipe?: PipeNode;
}

export interface JumpNode extends Placed {
  readonly kind: 'break' | 'continue';
}

/** What ends a list; it never stays in a tree. */
export interface EndNode extends Placed {
  readonly kind: 'end' | 'else';
}

export type StatementNode = TextNode | ActionNode | ControlNode | TemplateNode | JumpNode;

export interface ListNode extends Placed {
  readonly kind: 'list';
  readonly nodes: readonly StatementNode[];
}

/** `$x := a | b c`. */
export interface PipeNode extends Placed {
  readonly kind: 'pipe';
  readonly variables: readonly VariableNode[];
  /** Whether `variables` get new values (`=`) rather than come into being (`:=`). */
  readonly isAssign: boolean;
  readonly commands: readonly CommandNode[];
}

/** An operand with its arguments. */
export interface CommandNode extends Placed {
  readonly kind: 'command';
  readonly operands: readonly OperandNode[];
}

export interface VariableNode extends Placed {
  readonly kind: 'variable';
  /** `$x` and the fields after it. */
  readonly names: readonly [string, ...string[]];
  /** Its place among the variables of its template; undefined when none of this name was declared before. */
  readonly slot: number | undefined;
}

export interface FieldNode extends Placed {
  readonly kind: 'field';
  readonly names: readonly string[];
}

/** Fields of what is no field itself: `(pipeline).A.B`, `function.A`. */
export interface ChainNode extends Placed {
  readonly kind: 'chain';
  readonly node: PipeNode | IdentifierNode;
  readonly names: readonly string[];
}

export interface IdentifierNode extends Placed {
  readonly kind: 'identifier';
  readonly name: string;
}

export interface NumberNode extends Placed {
  readonly kind: 'number';
  readonly text: string;
  /** A bigint where an int is meant, as in `3`; a number where it has a point or an exponent. Undefined: it overflows an int. */
  readonly value: bigint | number | undefined;
  /** Its value as an int and as a float64, where it has one: for parameters that want one of them. */
  readonly int: bigint | undefined;
  readonly float: number | undefined;
}

export interface LiteralNode extends Placed {
  readonly kind: 'bool' | 'string';
  /** As it is written. */
  readonly text: string;
  readonly value: boolean | string;
}

export interface BareNode extends Placed {
  readonly kind: 'dot' | 'nil';
}

export type OperandNode =
  | VariableNode
  | FieldNode
  | ChainNode
  | IdentifierNode
  | NumberNode
  | LiteralNode
  | BareNode
  | PipeNode;

export type Node = StatementNode | ListNode | CommandNode | OperandNode | EndNode;

/** A node as Go writes it in errors (text/template/parse/node.go). */
export function printNode(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'action':
      return `{{${printNode(node.pipe)}}}`;
    case 'if':
    case 'with':
    case 'range': {
      const otherwise = node.elseList === undefined ? '' : `{{else}}${printNode(node.elseList)}`;
      return `{{${node.kind} ${printNode(node.pipe)}}}${printNode(node.list)}${otherwise}{{end}}`;
    }
    case 'template': {
      const data = node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`;
      return `{{template ${JSON.stringify(node.name)}${data}}}`;
    }
    case 'break':
    case 'continue':
    case 'end':
    case 'else':
      return `{{${node.kind}}}`;
    case 'list':
      return node.nodes.map(printNode).join('');
    case 'pipe': {
      const variables = node.variables.map(printNode).join(', ');
      const sign = node.variables.length === 0 ? '' : node.isAssign ? ' = ' : ' := ';
      return `${variables}${sign}${node.commands.map(printNode).join(' | ')}`;
    }
    case 'command':
      return node.operands.map(printOperand).join(' ');
    case 'variable':
      return node.names.join('.');
    case 'field':
      return node.names.map((name) => `.${name}`).join('');
    case 'chain':
      return `${printOperand(node.node)}${node.names.map((name) => `.${name}`).join('')}`;
    case 'identifier':
      return node.name;
    case 'number':
    case 'bool':
    case 'string':
      return node.text;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
  }
}

function printOperand(node: OperandNode): string {
  return node.kind === 'pipe' ? `(${printNode(node)})` : printNode(node);
}
