import type { Node } from './node.ts';

/** Every field that a node names, and every text in it: among them are the labels that it reads. */
export function namesIn(node: Node): readonly string[] {
  switch (node.kind) {
    case 'list':
      return node.nodes.flatMap(namesIn);
    case 'action':
      return namesIn(node.pipe);
    case 'if':
    case 'with':
    case 'range':
      return [
        ...namesIn(node.pipe),
        ...namesIn(node.list),
        ...(node.elseList === undefined ? [] : namesIn(node.elseList)),
      ];
    case 'template':
      return node.pipe === undefined ? [] : namesIn(node.pipe);
    case 'pipe':
      return node.commands.flatMap(namesIn);
    case 'command':
      return node.operands.flatMap(namesIn);
    case 'field':
      return node.names;
    case 'variable':
      return node.names.slice(1);
    case 'chain':
      return [...namesIn(node.node), ...node.names];
    case 'string':
      return [String(node.value)];
    default:
      return [];
  }
}
