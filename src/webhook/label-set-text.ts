import type { Labels } from '../notification/notification.ts';
import { byByteOrder } from '../template/byte-order.ts';
import { goQuote } from '../template/go-quote.ts';

/**
 * Labels as Alertmanager prints them in a group key (prometheus/common, model.LabelSet.String): `{a="x", b="y"}`. They
 * are in the order of their names; until Alertmanager 0.28 (`sorted: 'pairs'`) in that of the printed pairs, which
 * differs where a name is another one with digits behind it.
 */
export function labelSetText(labels: Labels, sorted: 'names' | 'pairs' = 'names'): string {
  const pairs = Object.entries(labels).map(([name, value]) => ({ name, text: `${name}=${goQuote(value)}` }));
  pairs.sort((a, b) => (sorted === 'names' ? byByteOrder(a.name, b.name) : byByteOrder(a.text, b.text)));
  return `{${pairs.map(({ text }) => text).join(', ')}}`;
}
