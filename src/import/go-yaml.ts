import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  type Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml';
import { plainText, withoutNulls } from '../config/source.ts';

/** More values than anybody writes, aliases written out; a bomb has more. */
const MAX_NODES = 1_000_000;
const MAX_DEPTH = 500;

/** What Alertmanager adds to where a merge key brought in others, instead of replacing them. */
const UNITED: ReadonlySet<string> = new Set(['details', 'match', 'match_re', 'matchers']);

/** Why a document cannot be written out, and where in its text. */
export class AliasFault extends Error {
  readonly offset: number;

  constructor(message: string, node: Node) {
    super(message);
    this.offset = node.range?.[0] ?? 0;
  }
}

/** A copy of a node without aliases, anchors and merge keys. Its nodes have the places and comments of the originals. */
export type Expand = (node: Node) => Node | AliasFault;

type Targets = ReadonlyMap<Alias, Node>;

interface Run {
  readonly targets: Targets;
  count: number;
}

/**
 * Writes aliases and merge keys out as go-yaml v2 reads them, which Alertmanager uses (tried with amtool): what comes
 * later in a map wins, be it merged or not, while the first of a list of merged maps wins; `details`, `match` and
 * `match_re` are united with merged ones, and `matchers` joined to them.
 */
export function createExpand(doc: Document): Expand {
  const targets = aliasTargets(doc);
  return (node) => {
    try {
      return copy(node, [], { targets, count: 0 });
    } catch (error) {
      if (error instanceof AliasFault) return error;
      throw error;
    }
  };
}

/** What each alias stands for: the last node before it with that anchor. */
export function aliasTargets(doc: Document): Targets {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(doc, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchored.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

/** The data of an expanded node. Plain scalars are the texts that were written, and names without a value are left out. */
export function toData(node: unknown, name = ''): unknown {
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }): [string, unknown] => [
      keyText(key),
      toData(value, keyText(key)),
    ]);
    return withoutNulls(Object.fromEntries(entries), name);
  }
  if (isSeq(node)) return node.items.map((item) => toData(item));
  return isScalar(node) ? node.value : null;
}

export function keyText(key: unknown): string {
  return isScalar(key) ? String(key.source ?? key.value) : String(key);
}

export function isMergeKey(key: unknown): boolean {
  return plainText(key) === '<<';
}

function copy(node: Node, parents: readonly Node[], run: Run): Node {
  run.count++;
  if (run.count > MAX_NODES)
    throw new AliasFault(`its aliases stand for more than ${MAX_NODES} values`, node);
  if (parents.length > MAX_DEPTH) throw new AliasFault(`nested deeper than ${MAX_DEPTH} levels`, node);
  const below = [...parents, node];
  if (isAlias(node)) return copy(targetOf(node, parents, run), below, run);
  if (isMap(node)) return copyMap(node, below, run);
  if (isSeq(node)) {
    const list = dressedAs(node, new YAMLSeq());
    list.items = node.items.map((item) => copy(item as Node, below, run));
    return list;
  }
  const scalar = node.clone() as Scalar;
  delete scalar.anchor;
  return scalar;
}

function targetOf(alias: Alias, parents: readonly Node[], { targets }: Run): Node {
  const target = targets.get(alias);
  if (target === undefined) throw new AliasFault(`there is no anchor &${alias.source} before it`, alias);
  if (parents.includes(target)) throw new AliasFault(`*${alias.source} is a part of what it names`, alias);
  return target;
}

function copyMap(map: YAMLMap, below: readonly Node[], run: Run): YAMLMap {
  const pairs = new Map<string, Pair>();
  for (const { key, value } of map.items as readonly Pair<Node, Node | null>[]) {
    const copied = value === null ? null : copy(value, below, run);
    const added = isMergeKey(key) ? mergedPairs(copied) : [new Pair(copy(key, below, run), copied)];
    for (const pair of added) add(pair, pairs);
  }
  const result = dressedAs(map, new YAMLMap());
  result.items = [...pairs.values()];
  return result;
}

/** In the order in which go-yaml sets them, so that the last of a name is the one that holds. */
function mergedPairs(merged: unknown): readonly Pair[] {
  const maps = isSeq(merged) ? merged.items.toReversed() : [merged];
  return maps.flatMap((map) => (isMap(map) ? map.items : []));
}

function add(pair: Pair, pairs: Map<string, Pair>): void {
  const name = keyText(pair.key);
  const before = UNITED.has(name) ? pairs.get(name)?.value : undefined;
  const { value } = pair;
  if (isSeq(before) && isSeq(value)) value.items.unshift(...before.items);
  if (isMap(before) && isMap(value)) {
    const own = new Set(value.items.map(({ key }) => keyText(key)));
    value.items.unshift(...before.items.filter(({ key }) => !own.has(keyText(key))));
  }
  pairs.set(name, pair);
}

/** `copied` with the look and place of `original`. */
function dressedAs<T extends YAMLMap | YAMLSeq>(original: T, copied: T): T {
  const { flow, comment, commentBefore, spaceBefore, range } = original;
  return Object.assign(copied, { flow, comment, commentBefore, spaceBefore, range });
}
