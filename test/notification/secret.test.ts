import { format, inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { Secret } from '../../src/notification/secret.ts';

const secret = new Secret('hunter2');

test.each<[string, string, string]>([
  ['String()', String(secret), '<secret>'],
  ['a template literal', `key ${secret}`, 'key <secret>'],
  ['concatenation', `${'key '}${secret.toString()}`, 'key <secret>'],
  ['JSON', JSON.stringify({ key: secret, keys: [secret] }), '{"key":"<secret>","keys":["<secret>"]}'],
  ['inspect', inspect(secret), '<secret>'],
  [
    'inspect of what holds it',
    inspect({ a: { b: [secret] } }, { depth: null }),
    '{ a: { b: [ <secret> ] } }',
  ],
  ['inspect with everything hidden shown', inspect(secret, { showHidden: true }), '<secret>'],
  ['format', format('%s %o %O %j', secret, secret, secret, secret), '<secret> <secret> <secret> "<secret>"'],
  ['its own properties', JSON.stringify(Reflect.ownKeys(secret)), '[]'],
  [
    'inspect without custom printers',
    inspect(secret, { customInspect: false, showHidden: true }),
    'Secret {}',
  ],
])('a secret is not shown by %s', (_, shown, expected) => {
  expect(shown).toBe(expected);
});

test('a secret is given to who asks for it', () => {
  expect(secret.reveal()).toBe('hunter2');
});

test('an error whose cause holds a secret does not show it', () => {
  expect(inspect(new Error('refused', { cause: { headers: { authorization: secret } } }))).not.toContain(
    'hunter2',
  );
});
