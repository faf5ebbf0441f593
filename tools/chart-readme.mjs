// The chart's README: a table of its values, from the comments in values.yaml that begin with `# --`.
import { isMap, parseDocument } from 'yaml';

const MARK = ' -- ';

/** What a comment says after its mark; what stands before that belongs to the value above. */
function described(comment = '') {
  const at = comment.lastIndexOf(MARK);
  return at < 0 ? undefined : comment.slice(at + MARK.length).replace(/\s*\n\s*/g, ' ');
}

function rows(map, prefix = '', inherited = undefined) {
  return map.items.flatMap(({ key, value }, i) => {
    // A comment before the first key is the map's.
    const comment = key.commentBefore ?? (i === 0 ? (map.commentBefore ?? inherited) : undefined);
    const text = described(comment);
    const name = `${prefix}${key.value}`;
    if (text === undefined) {
      if (!isMap(value)) throw new Error(`values.yaml: ${name} has no comment that begins with # --`);
      return rows(value, `${name}.`);
    }
    return [[`\`${name}\``, text, `\`${JSON.stringify(value.toJSON())}\``]];
  });
}

export function chartReadme(valuesText, table) {
  const document = parseDocument(valuesText);
  const values = rows(document.contents, '', document.commentBefore);
  return [
    '# The chart',
    '<!-- Generated from values.yaml by `npm run docs`. -->',
    'How to install it, as a Service and as a sidecar, and what the values do together: [docs/kubernetes.md](../../docs/kubernetes.md). Every value is checked against [values.schema.json](values.schema.json), with the config in it.',
    table(['value', 'what it is', 'default'], values),
  ].join('\n\n');
}
