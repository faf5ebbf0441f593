import type { IncomingHttpHeaders } from 'node:http';

/** By OpenTelemetry's semantic conventions, or our own: those begin with `pagerelay.`. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** A step that is traced, under way. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Begins a step inside this one; `client`: a request to somebody else. */
  begin(name: string, kind?: 'client'): Span;
  /** Once. `error`: why it failed. */
  end(attributes: Attributes, error?: string): void;
}

export interface Tracer {
  /**
   * Begins a trace, or goes on with that of the request with these headers (`traceparent`, W3C Trace Context); undefined
   * where nothing is traced, or not this.
   */
  begin(name: string, headers?: IncomingHttpHeaders): Span | undefined;
}

/** How a span ends. */
export interface Ending {
  readonly attributes: Attributes;
  readonly error?: string | undefined;
}

/** Runs a task inside a span, if there is one: it ends as `ending` says, or with what was thrown. */
export function within<T>(
  span: Span | undefined,
  task: () => Promise<T>,
  ending: (result: T) => Ending,
): Promise<T> {
  // Nothing is added where nothing is traced: this is done for every event.
  return span === undefined ? task() : traced(span, task, ending);
}

async function traced<T>(span: Span, task: () => Promise<T>, ending: (result: T) => Ending): Promise<T> {
  try {
    const result = await task();
    const { attributes, error } = ending(result);
    span.end(attributes, error);
    return result;
  } catch (error) {
    span.end({}, 'internal error');
    throw error;
  }
}
