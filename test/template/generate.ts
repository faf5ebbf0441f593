import { anyType, itemType, pipeline, RANGED, type Scope } from './expressions.ts';
import { createRandom, type Random } from './random.ts';

/** A template that can be parsed, and that renders unless it asks for an alert where there is none. The same for the same seed. */
export function generateTemplate(seed: number): string {
  const random = createRandom(seed);
  const defined = random.chance(0.2) ? [`part ${seed}`, `other part ${seed}`] : [];
  const scope: Position = { dot: 'data', variables: [], templates: [], isInRange: false, depth: 2 };
  // A part calls only the parts before it, so that none goes on for ever.
  const parts = defined.map((name, index) => {
    const body = statements(random, { ...scope, templates: defined.slice(0, index), depth: 1 });
    return `${action(random, `define "${name}"`)}${body}${action(random, 'end')}`;
  });
  return [...parts, statements(random, { ...scope, templates: defined })].join('');
}

/** Where a statement stands. */
interface Position extends Scope {
  /** What it can call with the data. */
  readonly templates: readonly string[];
  readonly isInRange: boolean;
  /** How deep it may still nest. */
  readonly depth: number;
}

interface Generated {
  readonly text: string;
  /** Where the next statement stands: after a declaration, another variable is in scope. */
  readonly next: Position;
}

type Statement = (random: Random, position: Position) => Generated;

function statements(random: Random, position: Position): string {
  let next = position;
  let text = '';
  for (let left = 1 + random.below(3); left > 0; left--) {
    const choices = next.depth > 0 ? [...SIMPLE, ...NESTED] : SIMPLE;
    const made = random.pick(choices)(random, next);
    text += made.text;
    next = made.next;
  }
  return text;
}

/** Some with trim markers, some with more or less white space. */
function action(random: Random, inner: string): string {
  const open = random.chance(0.15) ? '{{- ' : random.pick(['{{ ', '{{ ', '{{ ', '{{\t', '{{  ']);
  const close = random.chance(0.15) ? ' -}}' : random.pick([' }}', ' }}', ' }}', '}}', '\n}}']);
  return `${open}${inner}${close}`;
}

const TEXTS = ['', ' ', '\n', 'text', ' a ', '\n\n  b', '} }', '\t', 'é 漢 😀', '"', "{ {'", '-'];

const SIMPLE: readonly Statement[] = [
  (random, position) => ({ text: random.pick(TEXTS), next: position }),
  show,
  show,
  show,
  declare,
  assign,
  callTemplate,
  leave,
  (random, position) => ({ text: random.pick(['{{/* c */}}', '{{- /* {{ */ -}}']), next: position }),
];

const NESTED: readonly Statement[] = [choose, choose, loop, loop, loop, narrow];

function show(random: Random, position: Position): Generated {
  return { text: action(random, pipeline(anyType(random), random, position)), next: position };
}

function declare(random: Random, position: Position): Generated {
  const type = anyType(random);
  const name = `$v${position.variables.length}`;
  return {
    text: action(random, `${name} := ${pipeline(type, random, position)}`),
    next: withVariable(position, name, type),
  };
}

function assign(random: Random, position: Position): Generated {
  if (position.variables.length === 0) return declare(random, position);
  const { name, type } = random.pick(position.variables);
  return { text: action(random, `${name} = ${pipeline(type, random, position)}`), next: position };
}

const DEFAULTS = [
  '__subject',
  '__alertmanagerURL',
  'pagerduty.default.client',
  'opsgenie.default.description',
];

function callTemplate(random: Random, position: Position): Generated {
  const name = random.pick([...position.templates, ...position.templates, random.pick(DEFAULTS)]);
  return { text: action(random, `template "${name}" $`), next: position };
}

function leave(random: Random, position: Position): Generated {
  if (!position.isInRange) return show(random, position);
  const how = action(random, random.pick(['break', 'continue']));
  const condition = action(random, `if ${pipeline('bool', random, position)}`);
  return { text: `${condition}${how}${action(random, 'end')}`, next: position };
}

function choose(random: Random, position: Position): Generated {
  const inside = deeper(position);
  let text = action(random, `if ${pipeline(anyType(random), random, position)}`) + statements(random, inside);
  while (random.chance(0.3)) {
    text +=
      action(random, `else if ${pipeline(anyType(random), random, position)}`) + statements(random, inside);
  }
  return { text: text + orElse(random, inside) + action(random, 'end'), next: position };
}

function narrow(random: Random, position: Position): Generated {
  const type = anyType(random);
  const name = `$w${position.depth}`;
  const isNamed = random.chance(0.4);
  const value = pipeline(type, random, position);
  const named = isNamed ? withVariable(deeper(position), name, type) : deeper(position);
  const text =
    action(random, `with ${isNamed ? `${name} := ` : ''}${value}`) +
    statements(random, { ...named, dot: type });
  return { text: text + orElse(random, named) + action(random, 'end'), next: position };
}

function loop(random: Random, position: Position): Generated {
  const type = random.pick(RANGED);
  const item = itemType(type);
  const value = pipeline(type, random, position);
  const inside: Position = { ...deeper(position), isInRange: true };
  const [index, element] = [`$i${position.depth}`, `$e${position.depth}`];
  const [variables, body] = random.pick([
    ['', inside],
    [`${element} := `, withVariable(inside, element, item)],
    [
      `${index}, ${element} := `,
      withVariable(withVariable(inside, index, type === 'labels' ? 'string' : 'int'), element, item),
    ],
  ] as const);
  const text = action(random, `range ${variables}${value}`) + statements(random, { ...body, dot: item });
  return { text: text + orElse(random, deeper(position)) + action(random, 'end'), next: position };
}

function orElse(random: Random, position: Position): string {
  return random.chance(0.4) ? action(random, 'else') + statements(random, position) : '';
}

function deeper(position: Position): Position {
  return { ...position, depth: position.depth - 1 };
}

/** One of the same name is hidden. */
function withVariable<P extends Scope>(position: P, name: string, type: Scope['dot']): P {
  const others = position.variables.filter((variable) => variable.name !== name);
  return { ...position, variables: [...others, { name, type }] };
}
