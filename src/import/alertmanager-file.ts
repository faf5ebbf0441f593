import { Document } from 'yaml';
import type { Fault, Path } from '../config/problem.ts';
import {
  offsetAt,
  type Parsed,
  type Position,
  parseYaml,
  plainText,
  type SyntaxProblem,
} from '../config/source.ts';
import { createCheck } from '../config/validate.ts';
import { ALERTMANAGER_SECRETS, type AlertmanagerFile, alertmanagerSchema } from './alertmanager-schema.ts';
import { AliasFault, createExpand, type Expand, toData } from './go-yaml.ts';

/** An alertmanager.yml: what it means, and the document that it is. */
export interface AlertmanagerSource {
  readonly file: AlertmanagerFile;
  /** Every scalar in it is the text that was written. */
  readonly doc: Document;
  readonly expand: Expand;
  locate(path: Path): Position;
}

/** Reads an alertmanager.yml with go-yaml's meaning. Returns every fault with its place instead, if there is any. */
export function readAlertmanager(
  text: string,
): AlertmanagerSource | readonly (SyntaxProblem & { path: Path })[] {
  const parsed = parseYaml(text, { schema: 'failsafe', customTags: ['null'], resolveKnownTags: false });
  if ('length' in parsed) return parsed.map((problem) => ({ ...problem, path: [] }));
  const { doc, position } = parsed;
  const expand = createExpand(doc);
  const expanded = expandedDocument(parsed, expand);
  if (expanded instanceof AliasFault) {
    return [{ message: expanded.message, path: [], ...position(expanded.offset) }];
  }
  const nodeAt = (path: Path) => (path.length === 0 ? expanded.contents : expanded.getIn(path, true));
  const locate = (path: Path) => position(offsetAt(expanded, path));
  const check = createCheck<AlertmanagerFile>(alertmanagerSchema, ALERTMANAGER_SECRETS, (path) =>
    plainText(nodeAt(path)),
  );
  const file = check(toData(expanded.contents));
  if ('length' in file) {
    return file.map(({ message, path }: Fault) => ({ message, path, ...locate(path) }));
  }
  return { file, doc, expand, locate };
}

function expandedDocument({ doc }: Parsed, expand: Expand): Document | AliasFault {
  const contents = doc.contents === null ? null : expand(doc.contents);
  if (contents instanceof AliasFault) return contents;
  const expanded = new Document();
  expanded.contents = contents;
  return expanded;
}
