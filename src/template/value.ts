/**
 * A value in a template, with Go's types: a bigint is an int, a number a float64, null an untyped nil. Strings are
 * text; where Go counts bytes (`len`, `index`, `slice`), their UTF-8 form counts.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | GoInt
  | GoSlice
  | GoMap
  | GoStruct
  | GoTime
  | GoFunction;

/** A whole number of a named type with its own text: `time.Duration`, `time.Month`, `time.Weekday`. */
export interface GoInt {
  readonly kind: 'int';
  readonly type: string;
  readonly value: bigint;
  readonly methods: Methods;
  /** What its `String` method gives. */
  text(): string;
}

export interface GoSlice {
  readonly kind: 'slice';
  /** As `[]string`, `template.Alerts`. */
  readonly type: string;
  readonly items: readonly Value[];
  readonly methods: Methods;
  /** What its `String` method gives for such items, where it has one. */
  readonly text?: (items: readonly Value[]) => string;
}

/** A map; its keys are strings, as in all of Alertmanager's. */
export interface GoMap {
  readonly kind: 'map';
  /** As `template.KV`, `map[string]interface {}`. */
  readonly type: string;
  readonly entries: ReadonlyMap<string, Value>;
  /** What a missing key gives: "" where values are strings, null where they can be anything. */
  readonly zero: Value;
  readonly methods: Methods;
  readonly text?: () => string;
}

export interface GoStruct {
  readonly kind: 'struct';
  /** As `template.Alert`. */
  readonly type: string;
  /** Whether it is reached through a pointer, as Alertmanager's data is. */
  readonly isPointer: boolean;
  /** The names of its fields, in order. */
  readonly names: readonly string[];
  /** The value of one of `names`. */
  field(name: string): Value;
  readonly methods: Methods;
}

/** Go's `time.Time`. */
export interface GoTime {
  readonly kind: 'time';
  readonly type: 'time.Time';
  /** Since 1970 in UTC; negative before. Go's zero time is -62135596800. */
  readonly seconds: number;
  /** 0 to 999999999. */
  readonly nanoseconds: number;
  readonly zone: Zone;
  readonly methods: Methods;
}

/** Go's `time.Location`. */
export interface Zone {
  /** As `UTC` or `Europe/Paris`; empty for a bare offset. */
  readonly name: string;
  /** What holds at a moment, in seconds since 1970: seconds east of UTC, and the abbreviation as `CET`; empty for a bare offset. */
  at(seconds: number): { readonly offset: number; readonly abbreviation: string };
}

/** What a parameter takes. `any` takes everything, nil too. */
export type Parameter =
  | 'any'
  | 'bool'
  | 'int'
  | 'float64'
  | 'string'
  | '[]string'
  | '[]interface {}'
  | 'time.Time'
  | 'time.Duration'
  | 'time.Month'
  | 'func';

/** A function; also one that is called by `call`. */
export interface GoFunction {
  readonly kind: 'func';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Whether the last parameter takes any number of values. */
  readonly isVariadic: boolean;
  /** Arguments are checked against `parameters` before. An error ends the rendering; its message is shown as Go shows it. */
  call(args: readonly Value[]): Value | Error;
}

/** A method, as a function of the value that it belongs to. */
export interface Method {
  readonly parameters: readonly Parameter[];
  readonly isVariadic: boolean;
  call(self: never, args: readonly Value[]): Value | Error;
}

export type Methods = ReadonlyMap<string, Method>;

export const NO_METHODS: Methods = new Map();
