import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type ToStringOptions,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { AlertmanagerSource } from './alertmanager-file.ts';
import { CARRIED_LISTS, type CarriedList } from './entry.ts';
import { AliasFault, aliasTargets, isMergeKey, keyText } from './go-yaml.ts';

/** What becomes of one receiver of alertmanager.yml. */
export interface Reduction {
  /** Its place in `receivers`. */
  readonly index: number;
  /** The places of the entries that stay in a list. */
  readonly staying: (list: CarriedList) => readonly number[];
  /** The entry of `webhook_configs` that takes the place of the others; every scalar a text, as in the document. */
  readonly webhook: Readonly<Record<string, unknown>>;
}

/**
 * The alertmanager.yml without what was carried over. The document is edited, so that comments stay. Where an alias, or
 * a merge key, of what stays refers to what goes, or to what is changed, its meaning is written out in its place.
 */
export function reduceAlertmanager(
  { doc, expand }: AlertmanagerSource,
  text: string,
  reductions: readonly Reduction[],
): string {
  if (reductions.length === 0) return text;
  const edited = doc.clone();
  const originals = pairUp(edited, doc);
  const changed = new Set<unknown>([edited.contents]);

  const receivers = ownValue(edited.contents as YAMLMap, 'receivers') as YAMLSeq;
  changed.add(receivers);
  for (const reduction of reductions) {
    const receiver = written(receivers.items[reduction.index] as Node) as YAMLMap;
    receivers.items[reduction.index] = receiver;
    changed.add(receiver);
    reduceReceiver(receiver, reduction);
  }
  writeOutStrayAliases();
  return edited.toString(styleOf(doc, text));

  function reduceReceiver(receiver: YAMLMap, { staying, webhook }: Reduction): void {
    const emptied = new Set(CARRIED_LISTS.filter((name) => !isLeftWithAny(receiver, name, staying(name))));
    const webhooks = ownValue(receiver, 'webhook_configs');
    const gone = receiver.items.filter(({ key }) => emptied.has(keyText(key) as CarriedList));
    if (isSeq(webhooks) && webhooks.items.length > 0) {
      webhooks.items.push(edited.createNode(webhook));
      changed.add(webhooks);
    } else {
      receiver.delete('webhook_configs');
      const place = gone[0] === undefined ? receiver.items.length : receiver.items.indexOf(gone[0]);
      receiver.items.splice(place, 0, webhookPair(edited, webhook, gone));
    }
    receiver.items = receiver.items.filter((pair) => !gone.includes(pair));
  }

  /** Takes all but the entries at these places out of one of its lists. Whether the list still holds any. */
  function isLeftWithAny(receiver: YAMLMap, name: CarriedList, places: readonly number[]): boolean {
    const list = ownValue(receiver, name);
    if (!isSeq(list)) return false;
    list.items = list.items.filter((_item, i) => places.includes(i));
    changed.add(list);
    return list.items.length > 0;
  }

  /** What the map itself has under this name, after what merge keys and an alias lend it is written out. */
  function ownValue(map: YAMLMap, name: string): unknown {
    const original = originals.get(map);
    if (original !== undefined && map.items.some(({ key }) => isMergeKey(key))) {
      map.items = (expanded(original) as YAMLMap).items;
    }
    const pair = map.items.find(({ key }) => keyText(key) === name);
    if (pair !== undefined) pair.value = written(pair.value as Node | null);
    return pair?.value;
  }

  function written(node: Node | null): Node | null {
    return isAlias(node) ? expanded(originals.get(node) ?? node) : node;
  }

  function expanded(original: Node): Node {
    const copy = expand(original);
    // The whole document was expanded when it was read.
    if (copy instanceof AliasFault) throw copy;
    return copy;
  }

  function writeOutStrayAliases(): void {
    const targets = aliasTargets(doc);
    const anchored = new Map<string, Node>();
    visit(edited, {
      Value(_key, node) {
        if (node.anchor !== undefined) anchored.set(node.anchor, node);
      },
      Alias(_key, alias) {
        const target = targets.get(originals.get(alias) as Alias);
        const now = anchored.get(alias.source);
        const isStray = now === undefined || originals.get(now) !== target || changed.has(now);
        return isStray && target !== undefined ? expanded(target) : undefined;
      },
    });
  }
}

/** With the comments above the pairs that it takes the place of, and with their quotes, so that JSON stays JSON. */
function webhookPair(doc: Document, webhook: Reduction['webhook'], gone: readonly Pair[]): Pair {
  const pair = doc.createPair('webhook_configs', [webhook]) as Pair<Scalar, Node>;
  const keys = gone.flatMap(({ key }) => (isScalar(key) ? [key] : []));
  const isQuoted = keys.some(({ type }) => type === 'QUOTE_DOUBLE');
  const quote = (_key: unknown, scalar: Scalar) => {
    if (isQuoted && !/^(true|false|\d+)$/.test(String(scalar.value))) scalar.type = 'QUOTE_DOUBLE';
  };
  for (const node of [pair.key, pair.value]) visit(node, { Scalar: quote });
  const comments = keys.flatMap(({ commentBefore }) => commentBefore ?? []);
  if (comments.length > 0) pair.key.commentBefore = comments.join('\n');
  if (keys[0]?.spaceBefore) pair.key.spaceBefore = true;
  return pair;
}

/** For each node of a clone, the node that it was made of. */
function pairUp(clone: Document, original: Document): ReadonlyMap<Node, Node> {
  const nodesOf = (doc: Document) => {
    const nodes: Node[] = [];
    visit(doc, { Node: (_key, node) => void nodes.push(node) });
    return nodes;
  };
  const nodes = nodesOf(original);
  return new Map(nodesOf(clone).map((node, i) => [node, nodes[i] ?? node]));
}

/** The way in which the file is written, as far as the printer can be told. */
function styleOf(doc: Document, text: string): ToStringOptions {
  const column = (node: unknown) => {
    const offset = (node as Node).range?.[0] ?? 0;
    return offset - text.lastIndexOf('\n', offset - 1) - 1;
  };
  const deeper: number[] = [];
  const style: ToStringOptions = { lineWidth: 0 };
  visit(doc, {
    Pair(_key, { key, value }: Pair) {
      if ((!isMap(value) && !isSeq(value)) || value.flow || value.items.length === 0) return;
      const indent = column(value) - column(key);
      if (isSeq(value)) style.indentSeq ??= indent > 0;
      if (indent > 0) deeper.push(indent);
    },
    Collection(_key, { flow, items, range }) {
      if (!flow || items.length === 0) return;
      style.flowCollectionPadding ??= /\s/.test(text.charAt((range?.[0] ?? 0) + 1));
    },
  });
  return deeper.length === 0 ? style : { ...style, indent: Math.min(...deeper) };
}
