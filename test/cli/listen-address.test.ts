import { expect, test } from '@jest/globals';
import { parseListenAddress, printListenAddress } from '../../src/cli/listen-address.ts';

test.each([
  ['127.0.0.1:9096', { host: '127.0.0.1', port: 9096 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  [':9096', { host: '', port: 9096 }],
  ['[::1]:9096', { host: '::1', port: 9096 }],
])('%s is an address, and is printed as it was written', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
  expect(printListenAddress(address)).toBe(text);
});

test.each([
  '',
  '9096',
  'localhost',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '::1:9096',
  'http://localhost:9096',
  '[x]:1',
])('%j is none', (text) => {
  expect(parseListenAddress(text)).toBeUndefined();
});
