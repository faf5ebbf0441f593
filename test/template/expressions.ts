import type { Random } from './random.ts';
import { FIELDS, ITEMS, type Type } from './types.ts';

/** What a generated expression can refer to. */
export interface Scope {
  /** What `.` is. `$` is always the data. */
  readonly dot: Type;
  readonly variables: readonly { readonly name: string; readonly type: Type }[];
}

/** Random choices, and operands for what is being made. */
interface Maker extends Random {
  /** An expression that can stand as an argument. */
  operand(type: Type): string;
  /** An operand whose method or field can follow; the dot itself is left out, so that its field follows. */
  owner(type: Type): string;
}

type Producer = (make: Maker) => string;

/** An expression of this type that can stand alone in an action, as a pipeline. */
export function pipeline(type: Type, random: Random, scope: Scope, depth = 3): string {
  const command = depth <= 0 ? undefined : commandOf(type, random, scope, depth);
  if (command === undefined) return atom(type, random, scope);
  return random.chance(0.2) ? piped(command) : command;
}

export function anyType(random: Random): Type {
  return random.chance(0.3) ? 'string' : random.pick(Object.keys(LITERALS) as Type[]);
}

/** What a range over this type gives to its dot. */
export function itemType(type: Type): Type {
  return ITEMS[type] ?? 'string';
}

/** What can be ranged over. */
export const RANGED = Object.keys(ITEMS) as Type[];

function commandOf(type: Type, random: Random, scope: Scope, depth: number): string | undefined {
  const producers = COMMANDS[type];
  if (producers === undefined) return undefined;
  const operand = (of: Type) =>
    random.chance(0.5) ? atom(of, random, scope) : parenthesised(of, random, scope, depth - 1);
  const owner = (of: Type) => operand(of).replace(/^\.$/, '');
  return random.pick(producers)({ ...random, operand, owner });
}

function parenthesised(type: Type, random: Random, scope: Scope, depth: number): string {
  const made = pipeline(type, random, scope, depth);
  return made.includes(' ') ? `(${made})` : made;
}

/** A function's last argument, given by a pipe instead: `f a b` as `b | f a`. */
function piped(command: string): string {
  const found = /^(\w+(?: (?:"[^"\\]*"|[\w.$]+))*) ("[^"\\]*"|[\w.$]+)$/.exec(command);
  return found === null ? command : `${found[2]} | ${found[1]}`;
}

/** Something that is in scope, or a field of it, or else a literal. */
function atom(type: Type, random: Random, scope: Scope): string {
  const known = reachable(scope).filter((each) => each.type === type);
  return known.length > 0 && random.chance(0.7) ? random.pick(known).text : LITERALS[type](random);
}

interface Reachable {
  readonly text: string;
  readonly type: Type;
}

/** What is in scope, with its fields and their fields. */
function reachable({ dot, variables }: Scope): Reachable[] {
  const bases: Reachable[] = [
    { text: '.', type: dot },
    { text: '$', type: 'data' },
    ...variables.map(({ name, type }) => ({ text: name, type })),
  ];
  const fields = bases.flatMap(fieldsOf);
  return [...bases, ...fields, ...fields.flatMap(fieldsOf)];
}

function fieldsOf({ text, type }: Reachable): Reachable[] {
  const base = text === '.' ? '' : text;
  return Object.entries(FIELDS[type] ?? {}).map(([name, of]) => ({ text: `${base}.${name}`, type: of }));
}

const TEXTS = [
  '""',
  '"a"',
  '"B c"',
  '"firing"',
  '"alertname"',
  '"severity"',
  '"o\'neil db-1 x_y"',
  '"<a href=\'x\'>&</a>"',
  '"é漢😀 ǆ"',
  '"tab\\tnew\\nline"',
  '"\\u00e9\\x41\\101"',
  '`raw \\n "text"`',
  '"100%"',
];
const PATTERNS = [
  '"a"',
  '"[a-z]+"',
  '`(\\w+)-(\\d+)`',
  '"(?i)F"',
  '"^.*$"',
  '""',
  '`\\W`',
  '"(a|e|i)*"',
  '"."',
];
// biome-ignore lint/suspicious/noTemplateCurlyInString: Go's way to name a group.
const REPLACEMENTS = ['""', '"x"', '"$1"', '"${1}x"', '"$1x"', '"$0$0"', '"$$"', '"<$2,$1>"'];
const INTS = ['0', '1', '2', '3', '7', '-1', '42', '0x1F', "'a'", '1_000', '0b11', '017'];
const FLOATS = ['0.0', '1.5', '-2.25', '1e21', '0.1', '123456789.125', '1e-7', '.5', '0x1p-2', '99.995'];
const LAYOUTS = [
  '"2006-01-02 15:04:05"',
  '"Mon Jan _2 3:04PM MST"',
  '"2006-01-02T15:04:05.999999999Z07:00"',
  '"02/01/06 .000 -0700"',
  '"Monday 002"',
];
const NANOSECONDS = ['0', '1', '1000000000', '-60000000000', '86400000000000', '1500000'];

/** The first or the last. */
function anAlert(random: Random): string {
  return random.pick(['(index $.Alerts 0)', '(index $.Alerts (len (slice $.Alerts 1)))']);
}

/** What there always is of a type, if there is an alert. */
const LITERALS: Readonly<Record<Type, (random: Random) => string>> = {
  string: (random) => random.pick(TEXTS),
  html: (random) => `(safeHtml ${random.pick(TEXTS)})`,
  int: (random) => random.pick(INTS),
  byte: (random) => `(index "é漢abc" ${random.below(6)})`,
  int64: (random) => `${anAlert(random)}.StartsAt.Unix`,
  float: (random) => random.pick(FLOATS),
  bool: (random) => random.pick(['true', 'false']),
  strings: (random) => `(stringSlice ${random.pick(TEXTS)} ${random.pick(TEXTS)} "z")`,
  labels: () => '$.CommonLabels',
  pairs: () => '$.GroupLabels.SortedPairs',
  pair: (random) => `(index ${anAlert(random)}.Labels.SortedPairs 0)`,
  data: () => '$',
  alerts: () => '$.Alerts',
  alertSlice: () => '$.Alerts.Firing',
  alert: anAlert,
  time: (random) => `${anAlert(random)}.StartsAt`,
  duration: (random) => `(${anAlert(random)}.EndsAt.Sub ${anAlert(random)}.StartsAt)`,
  month: (random) => `${anAlert(random)}.StartsAt.Month`,
  weekday: (random) => `${anAlert(random)}.StartsAt.Weekday`,
};

/** Types of which two can be compared by `eq`, and by `lt`. */
const EQUAL: readonly Type[] = ['string', 'int', 'float', 'bool', 'time', 'pair', 'month', 'duration'];
const ORDERED: readonly Type[] = ['string', 'int', 'float', 'int64', 'duration', 'weekday'];
const WITH_LENGTH: readonly Type[] = ['string', 'strings', 'labels', 'pairs', 'alerts', 'alertSlice', 'html'];

const either: (type: Type) => Producer = (type) => (make) =>
  `${make.pick(['and', 'or'])} ${make.operand(type)} ${make.operand(type)}`;

const several: Producer = (make) =>
  Array.from({ length: 1 + make.below(3) }, () => make.operand(anyType(make))).join(' ');

const COMMANDS: Readonly<Partial<Record<Type, readonly Producer[]>>> = {
  string: [
    (make) => `${make.pick(['toUpper', 'toLower', 'title'])} ${make.operand('string')}`,
    (make) => `${make.pick(['print', 'println', 'html', 'js', 'urlquery'])} ${several(make)}`,
    formatted,
    formatted,
    (make) => `join ${make.operand('string')} ${make.operand('strings')}`,
    (make) => `reReplaceAll ${make.pick(PATTERNS)} ${make.pick(REPLACEMENTS)} ${make.operand('string')}`,
    (make) => `index ${make.operand('labels')} ${make.operand('string')}`,
    (make) => `index (stringSlice "x" ${make.operand('string')}) 1`,
    (make) => `slice (printf "%-9.9q" ${make.operand('int')}) 1`,
    (make) => `${make.owner('time')}.Format ${make.pick(LAYOUTS)}`,
    either('string'),
  ],
  html: [(make) => `safeHtml ${make.operand('string')}`],
  int: [(make) => `len ${make.operand(make.pick(WITH_LENGTH))}`, either('int')],
  byte: [(make) => `index ${make.pick(TEXTS.slice(1))} 0`],
  bool: [
    (make) => {
      const type = make.pick(EQUAL);
      return `eq ${Array.from({ length: 2 + make.below(2) }, () => make.operand(type)).join(' ')}`;
    },
    (make) => {
      const type = make.pick(ORDERED);
      return `${make.pick(['lt', 'le', 'gt', 'ge', 'ne'])} ${make.operand(type)} ${make.operand(type)}`;
    },
    (make) => `not ${make.operand(anyType(make))}`,
    (make) => `match ${make.pick(PATTERNS)} ${make.operand('string')}`,
    (make) => `${make.owner('time')}.${make.pick(['After', 'Before', 'Equal'])} ${make.operand('time')}`,
    either('bool'),
  ],
  strings: [
    (make) => `stringSlice ${make.operand('string')} ${make.operand('string')}`,
    (make) => `slice (stringSlice "a" ${make.operand('string')} "c") ${make.below(3)} 3`,
    either('strings'),
  ],
  labels: [(make) => `${make.owner('labels')}.Remove ${make.operand('strings')}`],
  alerts: [(make) => `slice $.Alerts ${make.below(2)}`, either('alerts')],
  alertSlice: [(make) => `slice ${make.operand('alertSlice')} 0`],
  time: [
    (make) => `${make.owner('time')}.${make.pick(['Add', 'Round', 'Truncate'])} ${make.pick(NANOSECONDS)}`,
    (make) =>
      `${make.owner('time')}.AddDate ${make.below(9) - 4} ${make.below(30) - 15} ${make.below(90) - 45}`,
    either('time'),
  ],
  duration: [
    (make) => `${make.owner('time')}.Sub ${make.operand('time')}`,
    (make) => `${make.owner('duration')}.${make.pick(['Round', 'Truncate'])} ${make.pick(NANOSECONDS)}`,
  ],
};

/** Verbs that show a value, of a type that a verb does not fit neither its insides, which are Go's own, nor its type. */
const VERBS: Readonly<Partial<Record<Type, readonly string[]>>> = {
  string: [...'vsqxXdbcotUeEfgGT'],
  int: [...'vdbcoOqxXUeEfFgGstT'],
  float: [...'vbeEfFgGxXdsqcTt'],
  bool: [...'vtdsqxT'],
  strings: [...'vsqxXdfT'],
  labels: [...'vsqxXdeT'],
  month: [...'vsqxXdboctT'],
  html: [...'vsqxX'],
  byte: [...'vdbcoOqxXU'],
  int64: [...'vdbcoOqxXU'],
};
const VERBS_OF_ALL = [...'vsqxX'];

function formatted(make: Maker): string {
  const conversions = Array.from({ length: 1 + make.below(3) }, () => {
    const type = anyType(make);
    const verb = make.pick(VERBS[type] ?? VERBS_OF_ALL);
    return { verb: `%${conversionOptions(make)}${verb}`, argument: make.operand(type) };
  });
  const format = conversions.map(({ verb }) => verb).join(make.pick(['', ' ', '|', ' %% ']));
  return `printf "${format}" ${conversions.map(({ argument }) => argument).join(' ')}`;
}

function conversionOptions(random: Random): string {
  if (random.chance(0.6)) return '';
  const flags = random.pick(['', '-', '+', '0', ' ', '#', '-0', '+0', '+-', '#', '+', '+#']);
  return `${flags}${random.pick(['', '1', '6', '12'])}${random.pick(['', '.', '.0', '.2', '.7'])}`;
}
