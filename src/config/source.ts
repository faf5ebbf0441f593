import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParseOptions,
  parseDocument,
  Scalar,
  type SchemaOptions,
  type Tags,
  type YAMLMap,
} from 'yaml';
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
  /** The text of the scalar at `path` as written, where it stands without quotes. */
  plainText(path: Path): string | undefined;
}

/** A YAML document without syntax faults. */
export interface Parsed {
  readonly doc: Document;
  readonly position: (offset: number) => Position;
}

/**
 * How often one anchor may be used, and what it holds in turn. A file for hundreds of teams uses one for each; ten
 * levels of ten uses are a bomb.
 */
const MAX_ALIAS_COUNT = 1000;

/** Reads YAML 1.2 with merge keys. Every syntax fault is returned, not only the first. */
export function readSource(text: string): Source | readonly SyntaxProblem[] {
  const parsed = parseYaml(text, { schema: 'core', customTags: withoutInfinity });
  if ('length' in parsed) return parsed;
  const { doc, position } = parsed;
  let value: unknown;
  try {
    // Through JSON: what YAML can hold beyond it (bytes, dates, an alias inside what it names) is no config.
    const data: unknown = doc.toJS({ maxAliasCount: MAX_ALIAS_COUNT }) ?? null;
    value = JSON.parse(JSON.stringify(data), (key, item: unknown) => withoutNulls(item, key));
  } catch (error) {
    // An alias bomb, an alias to nothing, or one inside what it names.
    return [{ message: error instanceof Error ? error.message : String(error), line: 1, column: 1 }];
  }
  return {
    value,
    locate: (path, atKey) => position(offsetAt(doc, path, atKey)),
    plainText: (path) => plainText(nodeAt(doc, path)),
  };
}

/** Reads one YAML document, with merge keys; `schema` says what its plain scalars are. */
export function parseYaml(
  text: string,
  schema: SchemaOptions & ParseOptions,
): Parsed | readonly SyntaxProblem[] {
  const lineCounter = new LineCounter();
  const doc = parseDocument(text, { ...schema, lineCounter, prettyErrors: false, merge: true });
  const position = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  if (doc.errors.length === 0) return { doc, position };
  return doc.errors.map(({ code, message, pos }) => ({
    message: code === 'MULTIPLE_DOCS' ? 'the file must hold one document only' : message.replace(/\s+/g, ' '),
    ...position(pos[0]),
  }));
}

/** Where the value at `path` begins, or its name with `atKey`; the nearest parent's place when it is not there. */
export function offsetAt(doc: Document, path: Path, atKey = false): number {
  const ownNode = (at: Path) => doc.getIn(at, true) as Node | undefined;
  for (let depth = path.length; depth > 0; depth--) {
    const value = offsetOf(ownNode(path.slice(0, depth)));
    const offset =
      atKey || depth < path.length
        ? (keyOffset(ownNode(path.slice(0, depth - 1)), path[depth - 1]) ?? value)
        : value;
    if (offset !== undefined) return offset;
  }
  return offsetOf(doc.contents ?? undefined) ?? 0;
}

/** The text of a scalar as written, where it stands without quotes. */
export function plainText(node: unknown): string | undefined {
  return isScalar(node) && node.type === Scalar.PLAIN ? node.source : undefined;
}

/** Maps of texts by names of the user's: there a name without a value has an empty one. */
const TEXTS_BY_NAME: ReadonlySet<string> = new Set(['match', 'match_re', 'details', 'close_details']);

/**
 * A map without the names that have no value: as in Alertmanager, `routes:` with nothing behind it is no setting. `key`
 * is the map's own name.
 */
export function withoutNulls(item: unknown, key: string): unknown {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
  const entries = Object.entries(item);
  if (TEXTS_BY_NAME.has(key)) return Object.fromEntries(entries.map(([name, value]) => [name, value ?? '']));
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

/** Without `.inf` and `.nan`, which no setting takes as a number and JSON has not: they are texts. */
function withoutInfinity(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || !tag.test?.test('.inf'));
}

/** The node at `path` in the data: through aliases, and from a merged map what the map itself does not say. */
function nodeAt(doc: Document, path: Path): Node | undefined {
  let node = resolved(doc, doc.contents);
  for (const step of path) {
    if (isMap(node)) node = valueIn(doc, node, String(step));
    else node = isSeq(node) ? resolved(doc, node.items[Number(step)]) : undefined;
  }
  return node;
}

function valueIn(doc: Document, map: YAMLMap, name: string): Node | undefined {
  const own = map.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  if (own !== undefined) return resolved(doc, own.value);
  for (const { key, value } of map.items) {
    if (plainText(key) !== '<<') continue;
    const merged = resolved(doc, value);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const from = resolved(doc, source);
      const found = isMap(from) ? valueIn(doc, from, name) : undefined;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function resolved(doc: Document, node: unknown): Node | undefined {
  return isAlias(node) ? node.resolve(doc) : ((node ?? undefined) as Node | undefined);
}

function keyOffset(parent: Node | undefined, name: string | number | undefined): number | undefined {
  if (!isMap(parent)) return undefined;
  return offsetOf(
    parent.items.find(({ key }) => isScalar(key) && key.value === name)?.key as Node | undefined,
  );
}

function offsetOf(node: Node | undefined): number | undefined {
  return node?.range?.[0];
}
