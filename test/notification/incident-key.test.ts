import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { groupIncidentKey, labelsIncidentKey, sha256hex } from '../../src/notification/incident-key.ts';
import type { Labels } from '../../src/notification/notification.ts';

describe('groupIncidentKey', () => {
  // printf '%s' '{}:{alertname="A"}' | sha256sum: what Alertmanager's own notifiers send (notify/util.go Key.Hash).
  test('is the SHA-256 of the groupKey, in hex', () => {
    expect(groupIncidentKey('{}:{alertname="A"}')).toBe(
      'ad4b39d3af6c5f089ddb8504a474cd124febe3ef322f263d58074fb0c51dc572',
    );
  });

  test('hashes the UTF-8 form', () => {
    expect(sha256hex('世界😀')).toBe(sha256hex(Buffer.from('世界😀').toString('utf8')));
    expect(sha256hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('labelsIncidentKey', () => {
  // A key that changed between releases would leave every open incident open: these are fixed.
  test.each<[Labels, readonly string[], string]>([
    [
      { a: '1', b: '2', c: '3' },
      ['a', 'b'],
      '5f13efef7cdd95e7a0171a4cc6ef643955a42f10ad9dd98c6b2f1f4e6903f7f5',
    ],
    [{ c: '3' }, ['a', 'b'], '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945'],
  ])('of %j by %j is fixed', (labels, names, expected) => {
    expect(labelsIncidentKey(labels, names)).toBe(expected);
  });

  test('a missing label is an empty one', () => {
    expect(labelsIncidentKey({ a: '1' }, ['a', 'b'])).toBe(labelsIncidentKey({ a: '1', b: '' }, ['a', 'b']));
    expect(labelsIncidentKey({ a: '1' }, ['a', 'b'])).toBe(labelsIncidentKey({ a: '1' }, ['a']));
  });

  test('names that every object has are missing labels', () => {
    expect(labelsIncidentKey({}, ['constructor', '__proto__', 'toString'])).toBe(labelsIncidentKey({}, []));
  });

  test.each([
    ['values that run together', { a: 'x', b: 'yz' }, { a: 'xy', b: 'z' }],
    ['swapped values', { a: 'x', b: 'y' }, { a: 'y', b: 'x' }],
    ['a value that looks like two pairs', { a: '1"],["b","2' }, { a: '1', b: '2' }],
  ])('differs for %s', (_, one, other) => {
    expect(labelsIncidentKey(one, ['a', 'b'])).not.toBe(labelsIncidentKey(other, ['a', 'b']));
  });

  const name = fc.constantFrom('a', 'b', 'c', 'alertname', 'constructor', '__proto__');
  const names = fc.array(name, { maxLength: 5 });
  // Few values, so that equal label sets come up often.
  const labels = fc
    .array(fc.tuple(name, fc.constantFrom('', 'x', 'xy', '","', '\\')), { maxLength: 5 })
    .map((pairs): Labels => Object.fromEntries(pairs));

  test('does not depend on the order of labels or names, nor on a name said twice', () => {
    fc.assert(
      fc.property(labels, names, (set, by) => {
        const turned = Object.fromEntries(Object.entries(set).reverse());
        expect(labelsIncidentKey(turned, [...by, ...by].reverse())).toBe(labelsIncidentKey(set, by));
      }),
    );
  });

  test('is the same for two label sets exactly when the chosen non-empty labels are', () => {
    const chosen = (set: Labels, by: readonly string[]) =>
      new Map(
        [...new Set(by)]
          .sort((a, b) => (a < b ? -1 : 1))
          .flatMap((n) => (Object.hasOwn(set, n) && set[n] !== '' ? [[n, set[n]]] : [])),
      );
    fc.assert(
      fc.property(labels, labels, names, names, (one, other, by, otherBy) => {
        const same = labelsIncidentKey(one, by) === labelsIncidentKey(other, otherBy);
        expect(same).toBe(
          JSON.stringify([...chosen(one, by)]) === JSON.stringify([...chosen(other, otherBy)]),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
