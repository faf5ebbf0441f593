import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actionOf, pack, unpack } from '../../src/relay/packed.ts';
import type { Member, Remembered, Told } from '../../src/relay/remembered.ts';

const anyTime = fc.integer({ min: 0, max: 4_102_444_800_000 });
const anyTold: fc.Arbitrary<Told> = fc.record(
  { group: fc.string(), text: fc.string({ unit: 'binary' }), startsAtMs: anyTime, acceptedAt: anyTime },
  { noNullPrototype: true },
);
const anyMember: fc.Arbitrary<Member> = fc.record(
  { fingerprint: fc.string(), startsAtMs: anyTime, endedAt: anyTime, group: fc.string() },
  { requiredKeys: ['fingerprint', 'startsAtMs'], noNullPrototype: true },
);
const anyRemembered: fc.Arbitrary<Remembered> = fc.record(
  {
    action: fc.constantFrom('trigger' as const, 'acknowledge' as const, 'resolve' as const),
    last: anyTold,
    others: fc.array(anyTold, { maxLength: 10 }),
    members: fc.array(anyMember, { maxLength: 10 }),
    resolvedAt: anyTime,
    reopenFrom: anyTime,
    endHeardAt: anyTime,
    staysOpen: fc.constant(true as const),
    foundAt: anyTime,
    unseenAt: anyTime,
  },
  { requiredKeys: ['action', 'others', 'members'], noNullPrototype: true },
);

test('what is unpacked is what was packed, with nothing more and nothing less', () => {
  fc.assert(fc.property(anyRemembered, (known) => expect(unpack(pack(known))).toStrictEqual(known)));
});

test('the action can be told without unpacking', () => {
  fc.assert(fc.property(anyRemembered, (known) => expect(actionOf(pack(known))).toBe(known.action)));
});

test('an incident of one alert that fires is one short text', () => {
  const last = {
    group: '',
    text: 'x'.repeat(22),
    startsAtMs: 1_795_000_000_000,
    acceptedAt: 1_795_000_060_000,
  };
  const packed = pack({ action: 'trigger', last, others: [], members: [] });
  expect(packed).toHaveLength(69);
});

test('an incident of many alerts is not written and read at each mention', () => {
  const members = Array.from({ length: 9 }, (_, i) => ({ fingerprint: `${i}`, startsAtMs: i }));
  const known: Remembered = { action: 'trigger', others: [], members };
  expect(pack(known)).toBe(known);
});
