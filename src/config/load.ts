import { dirname } from 'node:path';
import { type Config, compile } from './compile.ts';
import { lint } from './lint.ts';
import { type Fault, type Problem, printPath, printProblem } from './problem.ts';
import { independent, prune } from './prune.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretContext, SecretFile } from './secret-source.ts';
import { readSource, type Source } from './source.ts';
import { createValidate, type Validate } from './validate.ts';

export interface Loaded {
  /** Undefined when a problem keeps the file from being used. */
  readonly config?: Config;
  /** Everything found, in the order of the file. */
  readonly problems: readonly Problem[];
  /** What further checks need; where there is a config. */
  readonly origin?: Origin;
}

/** Where a config came from. */
export interface Origin {
  /** The files that its secrets are read from. */
  readonly secretFiles: readonly SecretFile[];
  /** Everything found, and these faults too, in the order of the file. */
  problemsWith(further: readonly Fault[]): readonly Problem[];
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
  const validate = createValidate(source.plainText);
  const checked = validate(source.value);
  const faults: Fault[] = [];
  if ('length' in checked) {
    const rest = validPart(source.value, checked, validate);
    if (rest !== undefined) compile(rest, dirname(file), context, faults);
    return { problems: place([...checked, ...independent(faults, checked)], source, file) };
  }
  const secretFiles: SecretFile[] = [];
  const config = compile(checked, dirname(file), { ...context, secretFiles }, faults);
  if (faults.some(({ warning = false }) => !warning)) return { problems: place(faults, source, file) };
  faults.push(...lint(config));
  const problemsWith = (further: readonly Fault[]) => place([...faults, ...further], source, file);
  return { config, problems: problemsWith([]), origin: { secretFiles, problemsWith } };
}

/** What is left without the faulty places. Taking one out can leave what is around it faulty, which then goes too. */
function validPart(
  value: unknown,
  faults: readonly Fault[],
  validate: Validate,
  rounds = 2,
): ConfigFile | undefined {
  const pruned = prune(value, faults);
  const checked = validate(pruned);
  if (!('length' in checked)) return checked;
  return rounds === 1 ? undefined : validPart(pruned, checked, validate, rounds - 1);
}

function place(faults: readonly Fault[], source: Source, file: string): readonly Problem[] {
  return (
    faults
      .map(({ path, message, atKey, within, warning = false }) => ({
        file,
        ...(within ?? source.locate(path, atKey)),
        path: within === undefined ? printPath(path) : '',
        message,
        warning,
      }))
      .sort((a, b) => a.line - b.line || a.column - b.column || a.path.length - b.path.length)
      // What several receivers use is checked for each of them.
      .filter((problem, i, all) => i === 0 || printProblem(problem) !== printProblem(all[i - 1] ?? problem))
  );
}
