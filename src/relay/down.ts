import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { State } from './state.ts';

/** Tells of each integration whether its endpoint is down: by a gauge, and by the log when that changes. */
export interface Down {
  /** From now on (`BreakerOptions.onChange`). */
  change(endpoint: string, isOpen: boolean): void;
  /** Another config is in use: an integration may be gone, or have another endpoint. */
  follow(): void;
}

export function createDown(state: Pick<State, 'config'>, metrics: Metrics, log: Logger): Down {
  const down = new Set<string>();
  /** All accounts of an integration have its endpoint. */
  const integrations = () => [...state.config.receivers.values()].flatMap(({ integrations: own }) => own);

  return {
    change(endpoint, isOpen) {
      if (isOpen) down.add(endpoint);
      else down.delete(endpoint);
      for (const { receiver, name, endpoint: own } of integrations()) {
        if (own !== endpoint) continue;
        metrics.circuit_open.set({ receiver, integration: name }, isOpen ? 1 : 0);
        const message = isOpen ? 'endpoint down: nothing but probes is sent there' : 'endpoint is back';
        log[isOpen ? 'error' : 'info'](message, { receiver, integration: name });
      }
    },
    follow() {
      metrics.circuit_open.reset();
      for (const { receiver, name, endpoint } of integrations()) {
        metrics.circuit_open.set({ receiver, integration: name }, down.has(endpoint) ? 1 : 0);
      }
    },
  };
}
