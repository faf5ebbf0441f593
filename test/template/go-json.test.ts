import { describe, expect, test } from '@jest/globals';
import { createDuration } from '../../src/template/go-duration.ts';
import { toJson } from '../../src/template/go-json.ts';
import { createTime } from '../../src/template/go-time.ts';
import { createMonth } from '../../src/template/go-time-names.ts';
import { NO_METHODS, type Value } from '../../src/template/value.ts';
import { createFixedZone } from '../../src/template/zone.ts';
import { map, slice, struct, time } from '../support/go-values.ts';

const LIMIT = 10_000;

// https://pkg.go.dev/encoding/json#Marshal
describe('toJson', () => {
  test.each<[Value, string]>([
    [null, 'null'],
    [true, 'true'],
    [42n, '42'],
    [-9_223_372_036_854_775_808n, '-9223372036854775808'],
    [1.5, '1.5'],
    [2, '2'],
    [-0, '-0'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [0.000001, '0.000001'],
    [0.0000001, '1e-7'],
    [1.5e-9, '1.5e-9'],
    ['', '""'],
    ['a"b\\c/d', '"a\\"b\\\\c/d"'],
    ['\b\f\n\r\t\0\x1f\x7f', '"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"'],
    ['<a href="x">&</a>', '"\\u003ca href=\\"x\\"\\u003e\\u0026\\u003c/a\\u003e"'],
    ['\u2028\u2029\u00adé😀', '"\\u2028\\u2029\u00adé😀"'],
    ['a\ud800b', '"a\ufffdb"'],
    [createDuration(90_000_000_000n), '90000000000'],
    [createMonth(12), '12'],
  ])('of %p is %s', (value, expected) => {
    expect(toJson(value, LIMIT)).toBe(expected);
  });

  test('of a time is RFC 3339 in its zone', () => {
    const inParis = createTime({ ...time('2026-01-02T03:04:05.120Z'), zone: createFixedZone(3600) });
    expect(toJson(inParis, LIMIT)).toBe('"2026-01-02T04:04:05.12+01:00"');
    expect(toJson(time('2026-01-02T03:04:05Z'), LIMIT)).toBe('"2026-01-02T03:04:05Z"');
  });

  test('of lists keeps their order', () => {
    expect(toJson(slice('[]interface {}', 1n, 'a', null, slice('[]string')), LIMIT)).toBe('[1,"a",null,[]]');
  });

  test('of maps sorts by the bytes of the keys', () => {
    const value = map('template.KV', { '😀': '1', '\uff5e': '2', b: '3', B: '4', '<': '5' });
    expect(toJson(value, LIMIT)).toBe('{"\\u003c":"5","B":"4","b":"3","\uff5e":"2","😀":"1"}');
    expect(toJson(map('template.KV', {}), LIMIT)).toBe('{}');
  });

  test('of labels with names of JavaScript has them all', () => {
    const entries = new Map([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    const value: Value = { kind: 'map', type: 'template.KV', entries, zero: '', methods: NO_METHODS };
    expect(toJson(value, LIMIT)).toBe('{"__proto__":"a","constructor":"b"}');
  });

  test('of the data has the names of the webhook', () => {
    const alert = struct('template.Alert', {
      Status: 'firing',
      Labels: map('template.KV', { alertname: 'Down' }),
      Annotations: map('template.KV', {}),
      StartsAt: time('2026-01-02T03:04:05Z'),
      EndsAt: time('0001-01-01T00:00:00Z'),
      GeneratorURL: 'http://p/graph?a=b&c',
      Fingerprint: 'c0ffee',
    });
    const data = struct(
      'template.Data',
      {
        Receiver: 'r',
        Alerts: slice('template.Alerts', alert),
        NotificationReason: 'first notification',
        RouteLabels: map('template.KV', {}),
        ExternalURL: 'http://a',
      },
      true,
    );
    expect(toJson(data, LIMIT)).toBe(
      '{"receiver":"r","alerts":[{"status":"firing","labels":{"alertname":"Down"},"annotations":{},' +
        '"startsAt":"2026-01-02T03:04:05Z","endsAt":"0001-01-01T00:00:00Z",' +
        '"generatorURL":"http://p/graph?a=b\\u0026c","fingerprint":"c0ffee"}],' +
        '"notification_reason":"first notification","routeLabels":{},"externalURL":"http://a"}',
    );
  });

  test('of pairs has the names of the fields', () => {
    const pair = struct('template.Pair', { Name: 'a', Value: '1' });
    expect(toJson(slice('template.Pairs', pair), LIMIT)).toBe('[{"Name":"a","Value":"1"}]');
  });

  const far = createTime({ ...time('2026-01-01T00:00:00Z'), seconds: 253_402_300_800 });
  test.each<[string, Value, string]>([
    ['NaN', Number.NaN, 'json: unsupported value: NaN'],
    ['an infinite number', -Infinity, 'json: unsupported value: -Inf'],
    [
      'the year 10000',
      far,
      'json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]',
    ],
    [
      'a function',
      { kind: 'func', name: 'f', parameters: [], isVariadic: false, call: () => null },
      'json: unsupported type: func()',
    ],
  ])('has no form for %s, inside of others too', (_, value, message) => {
    expect(toJson(value, LIMIT)).toEqual(new Error(message));
    expect(toJson(slice('[]interface {}', map('map[string]interface {}', { a: value })), LIMIT)).toEqual(
      new Error(message),
    );
  });

  test('ends where values that hold each other get too long', () => {
    let value: Value = 'x';
    for (let depth = 0; depth < 100; depth++) value = slice('[]interface {}', value, value);
    expect(toJson(value, LIMIT)).toEqual(new Error('the text would have more than 10000 characters'));
  }, 2000);
});
