/** A place in the config: `['route', 'routes', 0, 'receiver']`. */
export type Path = readonly (string | number)[];

/** One thing wrong with the config, found by its path in the data. */
export interface Fault {
  readonly path: Path;
  readonly message: string;
  /** Whether the path's last name itself is what is wrong, rather than its value. */
  readonly atKey?: boolean;
  /** The settings whose absence from `path` is the fault: where one of them is faulty itself, this is only a consequence. */
  readonly missing?: readonly string[];
  /** Where it stands when that is another file, which the one at `path` leads to. */
  readonly within?: Pick<Problem, 'file' | 'line' | 'column'>;
  /** A warning does not keep the config from being used. */
  readonly warning?: boolean;
}

/** A fault with its place in the file; line and column count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly warning: boolean;
}

/** `pagerelay.yaml:5:7: receivers[0].name: must be a string (got 5)` */
export function printProblem({ file, line, column, path, message, warning }: Problem): string {
  const where = [`${file}:${line}:${column}`, path].filter((part) => part !== '').join(': ');
  return `${where}: ${warning ? 'warning: ' : ''}${message}`;
}

/** `receivers[0].name` */
export function printPath(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}
