import type { Attributes, AttributeValue, HrTime } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/**
 * Spans of one process as the body of an OTLP/HTTP request in JSON (opentelemetry-proto, trace/v1 and collector/trace/v1).
 * Ours have no events and no links.
 */
export function toOtlp(spans: readonly ReadableSpan[]): string {
  const [first] = spans;
  if (first === undefined) return '{"resourceSpans":[]}';
  const { name, version } = first.instrumentationScope;
  const scopeSpans = [{ scope: { name, version }, spans: spans.map(spanOf) }];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: attributesOf(first.resource.attributes) }, scopeSpans }],
  });
}

/** Flag of a span whose parent is known to be in this process, or not to be (trace.proto, `SpanFlags`). */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

function spanOf(span: ReadableSpan): object {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const parent = span.parentSpanContext;
  return {
    traceId,
    spanId,
    traceState: traceState?.serialize(),
    parentSpanId: parent?.spanId,
    flags: traceFlags | HAS_IS_REMOTE | (parent?.isRemote ? IS_REMOTE : 0),
    name: span.name,
    // The SDK begins at 0, OTLP keeps that for "unspecified".
    kind: span.kind + 1,
    startTimeUnixNano: nanoseconds(span.startTime),
    endTimeUnixNano: nanoseconds(span.endTime),
    attributes: attributesOf(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    status: span.status,
  };
}

function attributesOf(attributes: Attributes): readonly object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: value } : { doubleValue: value };
  return { stringValue: String(value) };
}

/** A number of that size is exact as a text only. */
function nanoseconds([seconds, nanos]: HrTime): string {
  return `${seconds}${String(nanos).padStart(9, '0')}`;
}
