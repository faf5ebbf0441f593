import { type Config, compile } from './compile.ts';
import { type Fault, type Problem, printPath, printProblem } from './problem.ts';
import { independent, prune } from './prune.ts';
import type { SecretContext } from './secret-source.ts';
import { readSource, type Source } from './source.ts';
import { createValidate } from './validate.ts';

export interface Loaded {
  /** Undefined when a problem keeps the file from being used. */
  readonly config?: Config;
  /** Everything found, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** Reads a config file's text: syntax, schema, then what the schema cannot say. Each step reports all it finds. */
export function load(text: string, file: string, context: SecretContext): Loaded {
  const source = readSource(text);
  if ('length' in source) {
    return { problems: source.map((problem) => ({ file, path: '', warning: false, ...problem })) };
  }
  if (source.value === null || source.value === undefined) {
    const message = 'the file is empty: it needs a route and receivers';
    return { problems: [{ file, line: 1, column: 1, path: '', message, warning: false }] };
  }
  const validate = createValidate();
  const checked = validate(source.value);
  const faults: Fault[] = [];
  if ('length' in checked) {
    const rest = validate(prune(source.value, checked));
    if (!('length' in rest)) compile(rest, context, faults);
    return { problems: place([...checked, ...independent(faults, checked)], source, file) };
  }
  const config = compile(checked, context, faults);
  const problems = place(faults, source, file);
  return problems.some(({ warning }) => !warning) ? { problems } : { config, problems };
}

function place(faults: readonly Fault[], source: Source, file: string): readonly Problem[] {
  return (
    faults
      .map(({ path, message, atKey, warning = false }) => ({
        file,
        ...source.locate(path, atKey),
        path: printPath(path),
        message,
        warning,
      }))
      .sort((a, b) => a.line - b.line || a.column - b.column || a.path.length - b.path.length)
      // What several receivers use is checked for each of them.
      .filter((problem, i, all) => i === 0 || printProblem(problem) !== printProblem(all[i - 1] ?? problem))
  );
}
