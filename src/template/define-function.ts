import type { GoFunction, GoSlice, GoTime, Parameter, Value } from './value.ts';

/** What a function is given for its parameters. */
interface ArgumentTypes {
  readonly any: Value;
  readonly string: string;
  readonly '[]string': GoSlice;
  readonly '[]interface {}': GoSlice;
  readonly 'time.Time': GoTime;
}

type Fixed = keyof ArgumentTypes;

/** The last parameter of a function that takes any number of values, as it is written in Go. */
type Variadic = '...any' | '...string';

type FixedArguments<P extends readonly Fixed[]> = { [I in keyof P]: ArgumentTypes[P[I]] };

type Arguments<P extends readonly (Fixed | Variadic)[]> = P extends readonly [
  ...infer F extends Fixed[],
  `...${infer V extends Fixed}`,
]
  ? [...FixedArguments<F>, ...ArgumentTypes[V][]]
  : P extends readonly Fixed[]
    ? FixedArguments<P>
    : never;

/** A template function from a plain one, whose parameters have the types of the Go function's. */
export function defineFunction<const P extends readonly (Fixed | Variadic)[]>(
  name: string,
  parameters: P,
  give: (...args: Arguments<P>) => Value | Error,
): GoFunction {
  return {
    kind: 'func',
    name,
    parameters: parameters.map((parameter) => parameter.replace('...', '') as Parameter),
    isVariadic: parameters.at(-1)?.startsWith('...') ?? false,
    // Whoever calls it has checked them against the parameters.
    call: (args) => give(...(args as unknown as Arguments<P>)),
  };
}
