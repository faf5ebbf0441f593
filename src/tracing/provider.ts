import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingConfig } from '../config/compile-tracing.ts';
import type { Span, Tracer } from '../observe/span.ts';
import { createExporter, type ExporterParts } from './exporter.ts';

/** A webhook of a thousand alerts has two thousand spans. Those that find no room are dropped and counted. */
const MAX_WAITING_SPANS = 10_000;
/** Longest text in a span, in characters. */
const MAX_TEXT = 1_000;

/** A tracer and its end, which sends what is left. */
export interface Provider extends Tracer {
  shutdown(): Promise<void>;
}

/** OpenTelemetry's SDK, for one config. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` add to what is said of the process. */
export function createProvider(config: TracingConfig, version: string, parts: ExporterParts): Provider {
  const { samplingFraction, timeoutMs } = config;
  const own = resourceFromAttributes({ 'service.name': 'pagerelay', 'service.version': version });
  const found = detectResources({ detectors: [serviceInstanceIdDetector, envDetector] });
  let waiting = 0;
  let isOver = false;
  const batches = new BatchSpanProcessor({
    exporter: createExporter(config, parts, (count) => {
      waiting -= count;
    }),
    maxQueueSize: MAX_WAITING_SPANS,
    // The exporter's own time is over first.
    exportTimeoutMillis: timeoutMs + 1_000,
  });
  // The batches have the same bound, but drop without a word.
  const bounded: SpanProcessor = {
    onStart() {},
    onEnd(span) {
      if (isOver || waiting >= MAX_WAITING_SPANS)
        return parts.metrics.spans_total.inc({ outcome: 'dropped' });
      waiting++;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
  const provider = new TracerProvider({
    resource: defaultResource().merge(own).merge(found),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplingFraction) }),
    spanLimits: { attributeValueLengthLimit: MAX_TEXT },
    spanProcessors: [bounded],
  });
  const tracer = provider.getTracer('pagerelay', version);
  const propagator = new W3CTraceContextPropagator();

  const spanOf = (span: SdkSpan, above: Context): Span => {
    const context = trace.setSpan(above, span);
    return {
      traceId: span.spanContext().traceId,
      begin(name, kind) {
        const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL };
        return spanOf(tracer.startSpan(name, options, context), context);
      },
      end(attributes, error) {
        span.setAttributes(attributes);
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        span.end();
      },
    };
  };

  return {
    begin(name, headers) {
      const above =
        headers === undefined
          ? ROOT_CONTEXT
          : propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const kind = headers === undefined ? SpanKind.INTERNAL : SpanKind.SERVER;
      const span = tracer.startSpan(name, { kind }, above);
      return span.isRecording() ? spanOf(span, above) : undefined;
    },
    shutdown() {
      isOver = true;
      return provider.shutdown();
    },
  };
}
