import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { fileSecret, literalSecret } from '../../src/config/secret-source.ts';
import { Secret } from '../../src/notification/secret.ts';

let folder = '';
let file = '';
let now = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secret-source-'));
  file = join(folder, 'key');
  now = 1_000_000;
});
afterEach(() => rm(folder, { recursive: true }));

const source = () => fileSecret('routing_key_file', file, { env: {}, now: () => now });

/** The value of a credential, or what is wrong with it, without the folder's name. */
async function read(from: ReturnType<typeof source>): Promise<string> {
  const secret = await from.read();
  return secret instanceof Secret ? secret.reveal() : secret.message.replace(folder, '');
}

describe('a credential in a file', () => {
  test('is trimmed: a line end is not part of it', async () => {
    await writeFile(file, '\r\n  a-key \t\n\n');
    expect(await read(source())).toBe('a-key');
  });

  test('is read again when a second has passed since the last time', async () => {
    await writeFile(file, 'first');
    const secret = source();
    const values = [await read(secret)];
    await writeFile(file, 'second');
    now += 999;
    values.push(await read(secret));
    now += 1;
    values.push(await read(secret));
    expect(values).toEqual(['first', 'first', 'second']);
  });

  test('is not read before it is needed', async () => {
    const secret = source();
    await writeFile(file, 'late');
    expect(await read(secret)).toBe('late');
  });

  test.each(['', ' \n\t\n'])('is an error while the file is empty (%j)', async (content) => {
    await writeFile(file, content);
    expect(await read(source())).toBe('routing_key_file: /key is empty');
  });

  test('is an error while there is no file, and works as soon as there is', async () => {
    const secret = source();
    const found = [await read(secret)];
    await writeFile(file, 'here');
    found.push(await read(secret));
    expect(found).toEqual(['routing_key_file: /key cannot be read (ENOENT)', 'here']);
  });

  test('is an error when the file goes away, without the old value in it', async () => {
    await writeFile(file, 'old-value');
    const secret = source();
    await read(secret);
    await rm(file);
    now += 1000;
    const error = await secret.read();
    expect(inspect(error)).not.toContain('old-value');
    expect(await read(secret)).toBe('routing_key_file: /key cannot be read (ENOENT)');
  });

  test('is an error when the path is a folder', async () => {
    const secret = fileSecret('api_key_file', folder, { env: {}, now: () => now });
    expect(await read(secret)).toBe('api_key_file:  is no file with a key');
  });
});

test.each([
  ['literal', () => literalSecret('api_key', 'hush-hush')],
  ['from a file', () => source()],
])('a credential cannot be printed by accident: %s', async (_name, create) => {
  await writeFile(file, 'hush-hush');
  const secret = await create().read();
  const shown = [inspect(secret, { showHidden: true, depth: 9 }), JSON.stringify({ secret }), `${secret}`];
  expect(shown).toEqual(['<secret>', '{"secret":"<secret>"}', '<secret>']);
});

test('a pipe that nobody writes to, and a key where its file should be named, are errors at once that show no key', async () => {
  execFileSync('mkfifo', [file]);
  expect(await read(source())).toBe('routing_key_file: /key is no file with a key');
  const secret = fileSecret('routing_key_file', 'R0utingKey', { env: {}, now: () => now });
  expect(await read(secret)).toBe('routing_key_file: the file cannot be read (ENOENT)');
});
