import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { base64Decode, base64Encode } from '../../src/template/go-base64.ts';
import { anyText } from '../support/texts.ts';

// https://pkg.go.dev/encoding/base64#URLEncoding
describe('base64', () => {
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['ÿ?>~', 'w78_Pn4='],
    ['é😀', 'w6nwn5iA'],
  ])('%j is %s', (text, encoded) => {
    expect(base64Encode(text)).toBe(encoded);
    expect(base64Decode(encoded)).toBe(text);
  });

  test.each([
    ['Zm\r\n9v\n', 'foo'],
    ['Zg=\n=\n', 'f'],
    ['Zm8\n=', 'fo'],
    ['\n', ''],
    ['Zh==', 'f'],
    ['_w==', '\ufffd'],
  ])('%j is read as %j', (encoded, text) => {
    expect(base64Decode(encoded)).toBe(text);
  });

  test.each([
    ['Zg', 0],
    ['Zm9vZg', 4],
    ['Z', 0],
    ['Zm9vZm8', 4],
    ['Zg=', 3],
    ['Zg=x', 2],
    ['Zm8=x', 4],
    ['Zg==x', 4],
    ['=', 0],
    ['Z===', 1],
    ['Zm+v', 2],
    ['Zm/v', 2],
    ['Zm9v Zm9v', 4],
    ['Zé==', 1],
    ['Zm9v=', 4],
  ])('%j is refused at byte %d', (encoded, at) => {
    expect(base64Decode(encoded)).toEqual(new Error(`illegal base64 data at input byte ${at}`));
  });

  test('gives back every text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(base64Decode(base64Encode(text))).toBe(text.toWellFormed());
      }),
    );
  });
});
