import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { Path } from './problem.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SyntaxProblem extends Position {
  readonly message: string;
}

/** A YAML file as data, with the way back from data to text. */
export interface Source {
  readonly value: unknown;
  /** Where the value at `path` stands, or its name with `atKey`; the nearest parent's place when it is not there. */
  locate(path: Path, atKey?: boolean): Position;
}

/** Reads YAML 1.2 with merge keys. Every syntax fault is returned, not only the first. */
export function readSource(text: string): Source | readonly SyntaxProblem[] {
  const lineCounter = new LineCounter();
  const doc = parseDocument(text, { lineCounter, prettyErrors: false, merge: true });
  const position = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  if (doc.errors.length > 0) {
    return doc.errors.map(({ code, message, pos }) => ({
      message:
        code === 'MULTIPLE_DOCS' ? 'the file must hold one document only' : message.replace(/\s+/g, ' '),
      ...position(pos[0]),
    }));
  }
  let value: unknown;
  try {
    // Through JSON: what YAML can hold beyond it (bytes, dates, an alias inside what it names) is no config.
    value = JSON.parse(JSON.stringify(doc.toJS() ?? null), (_key, item: unknown) => withoutNulls(item));
  } catch (error) {
    // An alias bomb, an alias to nothing, or one inside what it names.
    return [{ message: error instanceof Error ? error.message : String(error), line: 1, column: 1 }];
  }
  const nodeAt = (path: Path): Node | undefined => doc.getIn(path, true) as Node | undefined;
  return {
    value,
    locate(path, atKey = false) {
      for (let depth = path.length; depth > 0; depth--) {
        const offset =
          atKey || depth < path.length
            ? (keyOffset(nodeAt(path.slice(0, depth - 1)), path[depth - 1]) ??
              offsetOf(nodeAt(path.slice(0, depth))))
            : offsetOf(nodeAt(path.slice(0, depth)));
        if (offset !== undefined) return position(offset);
      }
      return position(offsetOf(doc.contents ?? undefined) ?? 0);
    },
  };
}

function keyOffset(parent: Node | undefined, name: string | number | undefined): number | undefined {
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === name);
  return isPair(pair) ? offsetOf(pair.key as Node) : undefined;
}

function offsetOf(node: Node | undefined): number | undefined {
  return node?.range?.[0];
}

/** A map without the names that have no value: as in Alertmanager, `routes:` with nothing behind it is no setting. */
function withoutNulls(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
}
