import { defineFunction } from './define-function.ts';
import { base64Decode, base64Encode } from './go-base64.ts';
import { createDuration } from './go-duration.ts';
import { humanizeDuration } from './go-duration-humanize.ts';
import { toJson } from './go-json.ts';
import { canBackquote, goQuote } from './go-quote.ts';
import { createRegexps, type Regexps } from './go-regexp.ts';
import { replaceAll } from './go-regexp-replace.ts';
import { toLower, toUpper, trimSpace } from './go-strings.ts';
import { createTime, parseTime } from './go-time.ts';
import { subtract } from './go-time-arithmetic.ts';
import { formatTime } from './go-time-format.ts';
import { ZERO_SECONDS } from './go-time-moment.ts';
import { title } from './go-title.ts';
import { queryUnescape } from './go-url.ts';
import { tooLong } from './too-long.ts';
import { type GoFunction, type GoMap, type GoSlice, type GoTime, NO_METHODS, type Value } from './value.ts';
import { UTC } from './zone.ts';
import { createZones, type Zones } from './zones.ts';

export interface AlertmanagerFunctionsOptions {
  /** The clock, in ms since 1970. */
  readonly now: () => number;
}

/** Longest text that a function puts together from many, in UTF-16 units. */
const MAX_LENGTH = 1_048_576;

/** What Alertmanager 0.34 adds to text/template (template/template.go, DefaultFuncs). Compiled regular expressions and zones are kept. */
export function createAlertmanagerFunctions({
  now,
}: AlertmanagerFunctionsOptions): ReadonlyMap<string, GoFunction> {
  const functions = [
    ...textFunctions(),
    ...regexpFunctions(createRegexps()),
    ...timeFunctions(now, createZones()),
    ...collectionFunctions(),
    ...encodingFunctions(),
  ];
  return new Map(functions.map((fn) => [fn.name, fn]));
}

function textFunctions(): GoFunction[] {
  return [
    defineFunction('toUpper', ['string'], toUpper),
    defineFunction('toLower', ['string'], toLower),
    defineFunction('title', ['string'], title),
    defineFunction('trimSpace', ['string'], trimSpace),
    defineFunction('join', ['string', '[]string'], join),
    // Only in HTML, as of mails, do these two make a difference.
    defineFunction('safeHtml', ['string'], (text) => text),
    defineFunction('safeUrl', ['string'], (text) => text),
  ];
}

function join(separator: string, { items }: GoSlice): string | Error {
  const length = items.reduce<number>((sum, item) => sum + String(item).length + separator.length, 0);
  return length - separator.length > MAX_LENGTH ? tooLong(MAX_LENGTH) : items.join(separator);
}

function regexpFunctions(regexps: Regexps): GoFunction[] {
  return [
    defineFunction('match', ['string', 'string'], (pattern, text) => {
      const regexp = regexps.compile(pattern);
      return regexp instanceof Error ? regexp : regexp.test(text);
    }),
    defineFunction('reReplaceAll', ['string', 'string', 'string'], (pattern, replacement, text) => {
      const regexp = regexps.compile(pattern);
      if (!(regexp instanceof Error)) return replaceAll(regexp, text, replacement, MAX_LENGTH);
      // Go panics here (regexp.MustCompile), with more words.
      const quoted = canBackquote(pattern) ? `\`${pattern}\`` : goQuote(pattern);
      return new Error(`regexp: Compile(${quoted}): ${regexp.message}`);
    }),
  ];
}

function timeFunctions(now: () => number, zones: Zones): GoFunction[] {
  return [
    defineFunction('now', [], () => timeAt(now())),
    defineFunction('since', ['time.Time'], (time) => createDuration(subtract(timeAt(now()), time))),
    defineFunction('date', ['string', 'time.Time'], (layout, time) => formatTime(time, layout)),
    defineFunction('tz', ['string', 'time.Time'], (name, time) => {
      const zone = zones.load(name);
      return zone instanceof Error ? zone : createTime({ ...time, zone });
    }),
    defineFunction('toDate', ['string', 'string'], (layout, text) => {
      const time = parseTime(layout, text);
      return time instanceof Error ? createTime({ seconds: ZERO_SECONDS, nanoseconds: 0, zone: UTC }) : time;
    }),
    defineFunction('mustToDate', ['string', 'string'], parseTime),
    defineFunction('humanizeDuration', ['any'], humanizeDuration),
  ];
}

function timeAt(milliseconds: number): GoTime {
  const whole = Math.floor(milliseconds);
  const seconds = Math.floor(whole / 1000);
  return createTime({ seconds, nanoseconds: (whole - seconds * 1000) * 1_000_000, zone: UTC });
}

function collectionFunctions(): GoFunction[] {
  return [
    defineFunction('stringSlice', ['...string'], (...items) => listOf('[]string', items)),
    defineFunction('list', ['...any'], (...items) => listOf('[]interface {}', items)),
    defineFunction('append', ['[]interface {}', '...any'], ({ items }, ...more) =>
      listOf('[]interface {}', [...items, ...more]),
    ),
    defineFunction('dict', ['...any'], dict),
  ];
}

function listOf(type: string, items: readonly Value[]): GoSlice {
  return { kind: 'slice', type, items, methods: NO_METHODS };
}

function dict(...values: Value[]): GoMap | Error {
  if (values.length % 2 !== 0) return new Error('dict requires an even number of arguments');
  const entries = new Map<string, Value>();
  for (let i = 0; i < values.length; i += 2) {
    const [key, value = null] = values.slice(i, i + 2);
    if (typeof key !== 'string') return new Error('dict keys must be strings');
    entries.set(key, value);
  }
  return { kind: 'map', type: 'map[string]interface {}', entries, zero: null, methods: NO_METHODS };
}

function encodingFunctions(): GoFunction[] {
  return [
    defineFunction('toJson', ['any'], (value) => toJson(value, MAX_LENGTH)),
    defineFunction('urlUnescape', ['string'], queryUnescape),
    defineFunction('base64encode', ['string'], base64Encode),
    defineFunction('base64decode', ['string'], base64Decode),
  ];
}
