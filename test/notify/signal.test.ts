import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Cancellation } from '../../src/notify/signal.ts';

test('whoever listens when it is aborted is told once, in whatever order others came and went', () => {
  const steps = fc.array(fc.record({ who: fc.nat(5), comes: fc.boolean() }), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (history) => {
      const signal = new Cancellation();
      const told: number[] = [];
      const listeners = Array.from({ length: 6 }, (_, who) => () => void told.push(who));
      const listening = new Set<number>();
      for (const { who, comes } of history) {
        const listener = listeners[who] as () => void;
        if (!comes) signal.removeEventListener('abort', listener);
        else if (!listening.has(who)) signal.addEventListener('abort', listener);
        if (comes) listening.add(who);
        else listening.delete(who);
      }
      signal.abort('over');
      signal.abort('again');
      expect(told).toHaveLength(listening.size);
      expect(new Set(told)).toEqual(listening);
      expect(signal).toMatchObject({ aborted: true, reason: 'over' });
    }),
  );
});

test('a listener may take itself and others off when it is told', () => {
  const signal = new Cancellation();
  const told: string[] = [];
  const first = () => {
    told.push('first');
    signal.removeEventListener('abort', first);
  };
  signal.addEventListener('abort', first);
  signal.addEventListener('abort', () => told.push('second'));
  signal.addEventListener('abort', () => told.push('third'));
  signal.abort(undefined);
  expect(told).toHaveLength(3);
  expect(new Set(told)).toEqual(new Set(['first', 'second', 'third']));
});
