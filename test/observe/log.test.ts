import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { batched } from '../../src/observe/batched.ts';
import { createLogger, type LogFormat, type LogLevel } from '../../src/observe/log.ts';

function lines(format: LogFormat, level: LogLevel = 'info') {
  const written: string[] = [];
  const write = (line: string) => void written.push(line);
  return { log: createLogger({ level, format, write, now: () => 0 }), text: () => written.join('') };
}

test('JSON: time, level, message, then the fields in their order', () => {
  const { log, text } = lines('json');
  log.info('it went', { b: 1, a: 'x y', none: undefined });
  expect(text()).toBe('{"time":"1970-01-01T00:00:00.000Z","level":"info","msg":"it went","b":1,"a":"x y"}\n');
});

test('logfmt: values are quoted where they are not one plain word, so that a line stays a line', () => {
  const { log, text } = lines('logfmt');
  log.error('it broke', { word: 'a-b', spaced: 'a b', broken: 'a\nb="c"', none: undefined });
  expect(text()).toBe(
    'time=1970-01-01T00:00:00.000Z level=error msg="it broke" word=a-b spaced="a b" broken="a\\nb=\\"c\\""\n',
  );
});

test('what is below the level is not written', () => {
  const { log, text } = lines('json', 'warn');
  log.debug('no');
  log.info('no');
  log.warn('yes');
  expect(text().trim().split('\n')).toHaveLength(1);
});

test('lines of one turn are written together, and none is left at the end', async () => {
  const writes: string[] = [];
  const write: Writable['_write'] = (chunk, _encoding, done) => {
    writes.push(String(chunk));
    done();
  };
  const stream = batched(new Writable({ write }));
  stream.write('a\n');
  stream.write('b\n');
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  expect(writes).toEqual(['a\nb\n']);
  stream.write('c\n');
  stream.flush();
  await new Promise(setImmediate);
  expect(writes).toEqual(['a\nb\n', 'c\n']);
});
