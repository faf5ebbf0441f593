import { sha256hex } from '../notification/incident-key.ts';
import type { HttpSettings } from '../notify/http-settings.ts';
import { compileHttpOf } from './compile-http.ts';
import type { Fault } from './problem.ts';
import type { ConfigFile } from './schema.ts';
import type { SecretContext } from './secret-source.ts';
import { timer } from './timer.ts';

/** `tracing`: where traces go. */
export interface TracingConfig {
  /** The same for the same settings. */
  readonly id: string;
  /** Where spans are posted. */
  readonly endpoint: string;
  /** Part of those traces that begin here, from 0 to 1. */
  readonly samplingFraction: number;
  readonly timeoutMs: number;
  readonly http?: HttpSettings;
}

/** Where OTLP/HTTP takes traces, below a collector's address (OpenTelemetry specification, protocol/exporter). */
const TRACES = '/v1/traces';

export function compileTracing(
  tracing: ConfigFile['tracing'],
  folder: string,
  context: SecretContext,
  faults: Fault[],
): TracingConfig | undefined {
  if (tracing === undefined) return undefined;
  const { endpoint, sampling_fraction: samplingFraction, timeout } = tracing;
  const http = compileHttpOf(tracing, ['tracing'], folder, context, faults)?.settings;
  const timeoutMs = timer(timeout, ['tracing', 'timeout'], faults);
  const base = endpoint.replace(/\/+$/, '');
  const url = base.endsWith(TRACES) ? base : `${base}${TRACES}`;
  return {
    id: sha256hex(JSON.stringify([url, samplingFraction, timeoutMs, http?.id])),
    endpoint: url,
    samplingFraction,
    timeoutMs,
    ...(http === undefined ? {} : { http }),
  };
}
