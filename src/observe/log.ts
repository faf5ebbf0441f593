import type { Writable } from 'node:stream';
import { createLogger as createWinston, format, transports } from 'winston';

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

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly stream: Writable;
  readonly now: () => number;
}

const MESSAGE = Symbol.for('message');

/** One line per entry: time, level, message, then the fields in their order. */
export function createLogger({ level, format: name, stream, now }: LogOptions): Logger {
  const print = name === 'json' ? JSON.stringify : logfmt;
  const winston = createWinston({
    level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: format((info) => {
      const { level: entryLevel, message, ...fields } = info;
      info[MESSAGE] = print({
        time: new Date(now()).toISOString(),
        level: entryLevel,
        msg: message,
        ...fields,
      });
      return info;
    })(),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  const log =
    (entryLevel: LogLevel) =>
    (message: string, fields: Fields = {}) => {
      winston.log({ ...fields, level: entryLevel, message });
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

/** `time=… level=info msg="…"`, quoted where a value is not one plain word. */
function logfmt(entry: object): string {
  return Object.entries(entry)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `${name}=${/^[\w.:/@+-]+$/.test(String(value)) ? value : JSON.stringify(String(value))}`,
    )
    .join(' ');
}
