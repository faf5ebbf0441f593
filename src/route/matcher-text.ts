export type Operator = '=' | '!=' | '=~' | '!~';

/** One condition on one label, as written. */
export interface MatcherText {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}
