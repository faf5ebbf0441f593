/** The same, of which this process may change what it has made itself. */
export type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
