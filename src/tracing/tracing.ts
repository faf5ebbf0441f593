import { setTimeout as sleep } from 'node:timers/promises';
import type { TracingConfig } from '../config/compile-tracing.ts';
import type { Tracer } from '../observe/span.ts';
import type { ExporterParts } from './exporter.ts';
import type { Provider } from './provider.ts';

export interface Tracing extends Tracer {
  /** From now on; undefined: nothing is traced. */
  use(config: TracingConfig | undefined): Promise<void>;
  /** Sends what is left, if that is soon done. */
  close(): Promise<void>;
}

/** Longest time for what is left when the daemon ends, in ms. */
const CLOSE_MS = 2_000;

/** Traces, where the config asks for them: until then nothing of OpenTelemetry is loaded. */
export function createTracing(version: string, parts: ExporterParts): Tracing {
  let current: { readonly id: string; readonly provider: Provider } | undefined;

  async function end(old: typeof current): Promise<void> {
    await old?.provider.shutdown().catch((error) => {
      parts.log.warn('traces are lost', { error: String(error) });
    });
  }

  return {
    begin: (name, headers) => current?.provider.begin(name, headers),
    async use(config) {
      if (config?.id === current?.id) return;
      const old = current;
      if (config === undefined) current = undefined;
      else {
        const { createProvider } = await import('./provider.ts');
        current = { id: config.id, provider: createProvider(config, version, parts) };
      }
      void end(old);
    },
    async close() {
      await Promise.race([end(current), sleep(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}
