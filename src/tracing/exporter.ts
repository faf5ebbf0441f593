import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../config/compile-tracing.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { toOtlp } from './otlp.ts';

export interface ExporterParts {
  readonly http: HttpClient;
  readonly metrics: Pick<Metrics, 'spans_total'>;
  readonly log: Logger;
}

/** Sends spans to a collector, by the same HTTP as notifications. A batch that it does not take is lost: it is no page. `over`: so many are done with. */
export function createExporter(
  { endpoint, timeoutMs, http: settings }: TracingConfig,
  { http, metrics, log }: ExporterParts,
  over: (spans: number) => void,
): SpanExporter {
  /** It is said when it begins to fail, and when that is over. */
  let isFailing = false;

  async function send(spans: readonly ReadableSpan[]): Promise<void> {
    const body = toOtlp(spans);
    const headers = { 'Content-Type': 'application/json' };
    const attempt = { signal: AbortSignal.timeout(timeoutMs), timeoutMs };
    const answer = await http.send({ method: 'POST', url: endpoint, headers, body }, attempt, settings);
    const isAnswer = 'status' in answer;
    const isTaken = isAnswer && answer.status >= 200 && answer.status < 300;
    const refused = isTaken ? Math.min(refusedOf(answer.body), spans.length) : spans.length;
    metrics.spans_total.inc({ outcome: 'exported' }, spans.length - refused);
    metrics.spans_total.inc({ outcome: 'failed' }, refused);
    if (isFailing === refused > 0) return;
    isFailing = refused > 0;
    if (isFailing)
      log.warn('traces are not taken', {
        endpoint,
        detail: isAnswer ? `HTTP ${answer.status}` : answer.code,
        spans: refused,
      });
    else log.info('traces are taken again', { endpoint });
  }

  return {
    export(spans: ReadableSpan[], done: (result: ExportResult) => void) {
      void send(spans)
        .catch((error) => log.error('traces cannot be sent', { error: String(error) }))
        .finally(() => {
          over(spans.length);
          done({ code: ExportResultCode.SUCCESS });
        });
    },
    shutdown: () => Promise.resolve(),
  };
}

/** How many spans a collector that takes the rest says that it refuses (`partialSuccess`). */
function refusedOf(body: string): number {
  try {
    const { partialSuccess } = JSON.parse(body) as { partialSuccess?: { rejectedSpans?: unknown } };
    return Number(partialSuccess?.rejectedSpans ?? 0) || 0;
  } catch {
    return 0;
  }
}
