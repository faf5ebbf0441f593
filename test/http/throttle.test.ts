import { expect, test } from '@jest/globals';
import { createThrottle } from '../../src/http/throttle.ts';

test.each([
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ['2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', true],
  ['2001:db8::1', '2001:db8:0:0:1::', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['::1', '::2', true],
])('%s and %s wait together: %s', (one, other, together) => {
  const throttle = createThrottle(() => 0);
  for (let i = 0; i < 10; i++) throttle.failed(one);
  expect(throttle.waitS(one)).toBeGreaterThan(0);
  expect(throttle.waitS(other) > 0).toBe(together);
});
