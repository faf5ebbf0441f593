import { createLogger as createWinston, format } from 'winston';
import Transport from 'winston-transport';
import { createIsoTime } from './iso-time.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'logfmt'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export type Fields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** The message never changes; what does is in the fields. ERROR: somebody must act. WARN: it may mend itself. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** The same log, with these fields at the end of every entry. */
export function withFields({ debug, info, warn, error }: Logger, fields: Fields): Logger {
  const more = (log: Logger['info']) => (message: string, own?: Fields) =>
    log(message, { ...own, ...fields });
  return { debug: more(debug), info: more(info), warn: more(warn), error: more(error) };
}

/** `warn`, which says each message only once. */
export function warnOnce(log: Logger): Logger['warn'] {
  const said = new Set<string>();
  return (message, fields) => {
    if (said.has(message)) return;
    said.add(message);
    log.warn(message, fields);
  };
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes a finished line, with its end. */
  readonly write: (line: string) => void;
  readonly now: () => number;
}

/** winston's key for the finished line. */
const MESSAGE = Symbol.for('message');

export interface LeveledLogger extends Logger {
  /** From now on. */
  setLevel(level: LogLevel): void;
}

/** One line per entry: time, level, message, then the fields in their order. */
export function createLogger({ level, format: name, write, now }: LogOptions): LeveledLogger {
  const print = name === 'json' ? json : logfmt;
  const winston = createWinston({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    // The line is made once, below; winston's own formats would copy every entry.
    format: format((entry) => entry)(),
    // winston's stream transport makes an event of its own for every line.
    transports: [
      new Transport({
        log(entry: { readonly [MESSAGE]: string }, next: () => void) {
          write(`${entry[MESSAGE]}\n`);
          next();
        },
      }),
    ],
  });
  const timeOf = createIsoTime();
  const log = (entryLevel: LogLevel) => (message: string, fields?: Fields) => {
    if (!enabled.has(entryLevel)) return;
    const line = print({ time: timeOf(now()), level: entryLevel, msg: message }, fields);
    winston.write({ level: entryLevel, message, [MESSAGE]: line });
  };
  let enabled: ReadonlySet<LogLevel> = new Set();
  const setLevel = (least: LogLevel) => {
    winston.level = least;
    // winston goes through its transports to find that out.
    enabled = new Set(LOG_LEVELS.filter((one) => winston.isLevelEnabled(one)));
  };
  setLevel(level);
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), setLevel };
}

interface Head {
  readonly time: string;
  readonly level: LogLevel;
  readonly msg: string;
}

/** The head and the fields as one object. They are printed apart and joined: to copy them first takes longer than to print. */
function json({ time, level, msg }: Head, fields: Fields = {}): string {
  const start = `{"time":"${time}","level":"${level}","msg":${JSON.stringify(msg)}`;
  const rest = JSON.stringify(fields);
  return rest === '{}' ? `${start}}` : `${start},${rest.slice(1)}`;
}

/** `time=… level=info msg="…"`, quoted where a value is not one plain word. */
function logfmt(head: Head, fields: Fields = {}): string {
  return Object.entries({ ...head, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `${name}=${/^[\w.:/@+-]+$/.test(String(value)) ? value : JSON.stringify(String(value))}`,
    )
    .join(' ');
}
