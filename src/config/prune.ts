import { type Fault, type Path, printPath } from './problem.ts';

/** No name in a YAML file begins with this. */
export const UNREADABLE = '\0';

/** The lists of what routes name. They stay, with every item in its place: one that cannot be read stands empty. */
const NAMED_LISTS: readonly (string | number)[] = ['receivers', 'time_intervals', 'mute_time_intervals'];

type Container = Record<string | number, unknown>;

/**
 * `value` without the places that are faulty, so that the rest can be checked further. Items of a list are not taken
 * out one by one, for that would shift the others' places: the whole list goes.
 */
export function prune(value: unknown, faults: readonly Fault[]): unknown {
  const pruned = structuredClone(value);
  for (const { path } of faults) remove(pruned, path);
  return pruned;
}

/** Faults of `further` that are not mere consequences of what was taken out for `known` ones. */
export function independent(further: readonly Fault[], known: readonly Fault[]): readonly Fault[] {
  return further.filter(
    ({ path, missing = [] }) =>
      !missing.some((name) => known.some((fault) => printPath(fault.path) === printPath([...path, name]))),
  );
}

function remove(root: unknown, path: Path): void {
  const [section = '', index] = path;
  if (NAMED_LISTS.includes(section) && path.length <= 2 && isContainer(root)) {
    const list = root[section];
    const unreadable = { name: UNREADABLE + printPath(path) };
    if (index !== undefined && Array.isArray(list)) list[Number(index)] = unreadable;
    else root[section] = [unreadable];
    return;
  }
  const chain = [root];
  for (const step of path.slice(0, -1)) {
    const parent = chain.at(-1);
    chain.push(isContainer(parent) ? parent[step] : undefined);
  }
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const parent = chain[depth];
    if (!isContainer(parent) || Array.isArray(parent)) continue;
    delete parent[path[depth] ?? ''];
    return;
  }
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}
