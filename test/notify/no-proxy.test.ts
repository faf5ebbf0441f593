import { describe, expect, test } from '@jest/globals';
import { parseNoProxy } from '../../src/notify/no-proxy.ts';

// https://pkg.go.dev/golang.org/x/net/http/httpproxy
describe('no_proxy', () => {
  test.each([
    // list, host, port, whether it is reached without the proxy
    ['', 'example.com', 443, false],
    ['example.com', 'example.com', 443, true],
    ['example.com', 'api.example.com', 443, true],
    ['example.com', 'notexample.com', 443, false],
    ['example.com', 'example.com.evil.test', 443, false],
    ['.example.com', 'example.com', 443, false],
    ['.example.com', 'api.example.com', 443, true],
    ['*.example.com', 'example.com', 443, false],
    ['*.example.com', 'a.b.example.com', 443, true],
    ['Example.COM', 'eXample.com', 443, true],
    ['example.com:8443', 'example.com', 8443, true],
    ['example.com:8443', 'example.com', 443, false],
    ['other.test, example.com ,', 'example.com', 443, true],
    ['other.test example.com', 'example.com', 443, true],
    ['*', 'example.com', 443, true],
    ['other.test,*', '192.0.2.1', 443, true],
    ['192.0.2.1', '192.0.2.1', 443, true],
    ['192.0.2.1', '192.0.2.10', 443, false],
    ['192.0.2.1:80', '192.0.2.1', 443, false],
    ['192.0.2.0/24', '192.0.2.200', 443, true],
    ['192.0.2.0/24', '192.0.3.1', 443, false],
    ['192.0.2.0/24', 'example.com', 443, false],
    ['192.0.2.0/33', '192.0.2.1', 443, false],
    ['2001:db8::/32', '2001:db8::1', 443, true],
    ['2001:db8::/32', '2001:db9::1', 443, false],
    ['2001:db8::1', '2001:db8:0::1', 443, true],
    ['[2001:db8::1]:8443', '2001:db8::1', 8443, true],
    ['[2001:db8::1]:8443', '2001:db8::1', 443, false],
    ['.', 'example.com', 443, false],
    [':443', 'example.com', 443, false],
    ['x/y,/8,example.com/8', 'example.com', 443, false],
    ['', 'localhost', 80, true],
    ['', '127.0.0.1', 80, true],
    ['', '127.8.8.8', 80, true],
    ['', '::1', 80, true],
    ['', '128.0.0.1', 80, false],
    ['', 'localhost.example.com', 80, false],
  ])('%j: %s port %i', (list, host, port, expected) => {
    expect(parseNoProxy(list)(host, port)).toBe(expected);
  });
});
