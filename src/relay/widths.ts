import type { Config } from '../config/compile.ts';
import { integrationsOf } from '../config/compile-receiver.ts';
import { CONNECTIONS_PER_ORIGIN } from '../notify/dispatchers.ts';

/**
 * How many requests of each credential (`Integration.target`) may be under way at the same time. Those that go
 * to one origin share its connections: what passed the gate would wait there for a free one, whatever comes first.
 */
export function widthsOf(config: Pick<Config, 'receivers'>): ReadonlyMap<string, number> {
  const byOrigin = new Map<string, Set<string>>();
  for (const { target, notifier } of integrationsOf(config)) {
    const { origin } = new URL(notifier.address);
    const sharing = byOrigin.get(origin) ?? new Set();
    byOrigin.set(origin, sharing.add(target));
  }
  return new Map(
    Array.from(byOrigin.values()).flatMap((targets) =>
      Array.from(targets, (target): [string, number] => [
        target,
        Math.max(1, Math.floor(CONNECTIONS_PER_ORIGIN / targets.size)),
      ]),
    ),
  );
}
