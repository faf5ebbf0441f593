import fc from 'fast-check';

/** Any text that can be written in UTF-8, with characters that parsers and escapers trip over made likely. */
export const anyText = (minLength = 0): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        fc.constantFrom(...'"\\\n\t\r,={}~!`\' \u0000😀é'),
      ),
      { minLength, maxLength: 12 },
    )
    .map((chars) => chars.join(''));

/** Any JavaScript string, halves of surrogate pairs included. */
export const anyUnits: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7fe, max: 0xe001 })), {
    maxLength: 30,
  })
  .map((units) => String.fromCharCode(...units));
