import { byByteOrder } from '../template/byte-order.ts';

/** In Alertmanager's order. */
const OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof OPERATORS)[number];

/** One condition on one label, as written. */
export interface MatcherText {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

/** Alertmanager's order (labels.Matchers): by name, then value, then operator. */
export function byMatcherOrder(a: MatcherText, b: MatcherText): number {
  return (
    byByteOrder(a.name, b.name) ||
    byByteOrder(a.value, b.value) ||
    OPERATORS.indexOf(a.operator) - OPERATORS.indexOf(b.operator)
  );
}
