import type { Result } from '../relay/report.ts';

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/**
 * The answer to a webhook, from all of its results. Alertmanager sends again what is answered 5xx, and nothing else
 * within the flush: so 503 while anything may still be delivered, 422 when nothing ever will be, and 200 when a part was.
 * A 4xx for a part would keep the rest's resolve from ever coming (docs/adr/0001-answer-after-delivery.md).
 */
export function replyOf(results: readonly Result[]): Reply {
  return { status: statusOf(results), body: JSON.stringify({ notifications: results }) };
}

function statusOf(results: readonly Result[]): number {
  let rejected = 0;
  for (const { outcome } of results) {
    if (outcome === 'unavailable') return 503;
    if (outcome === 'rejected') rejected++;
  }
  return rejected > 0 && rejected === results.length ? 422 : 200;
}

/** An answer that is only a sentence. */
export function errorReply(status: number, message: string): Reply {
  return { status, body: JSON.stringify({ error: message }) };
}
