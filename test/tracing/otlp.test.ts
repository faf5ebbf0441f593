import { expect, test } from '@jest/globals';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { toOtlp } from '../../src/tracing/otlp.ts';

test("what is posted says what OpenTelemetry's own serializer says", () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'pagerelay', 'process.pid': 7 }),
    spanLimits: { attributeCountLimit: 5 },
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('pagerelay', '1.2.3');
  const sender = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
  const server = tracer.startSpan('POST /webhook', { kind: SpanKind.SERVER }, sender);
  const client = tracer.startSpan('POST', { kind: SpanKind.CLIENT }, trace.setSpan(sender, server));
  client.setAttributes({ text: 'a "b" ü', whole: 202, part: 0.5, zero: 0, none: undefined, more: 1, cut: 2 });
  client.setStatus({ code: SpanStatusCode.ERROR, message: 'status 500' });
  client.end();
  server.end();
  tracer.startSpan('notify pagerduty[0]', {}, ROOT_CONTEXT).end();

  const spans = exporter.getFinishedSpans();
  const expected = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(spans)));
  expect(JSON.parse(toOtlp(spans))).toEqual(withoutEmptyLists(expected));
  expect(spans).toHaveLength(3);
});

/** Without what ours leaves out because it is always empty, and is taken as empty where it is absent (proto3). */
function withoutEmptyLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyLists);
  if (typeof value !== 'object' || value === null) return value;
  const {
    events: _,
    links: __,
    droppedEventsCount: ___,
    droppedLinksCount: ____,
    ...rest
  } = value as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest)
      .filter(([name, own]) => !(name === 'droppedAttributesCount' && own === 0 && !('spanId' in rest)))
      .map(([name, own]) => [name, withoutEmptyLists(own)]),
  );
}
