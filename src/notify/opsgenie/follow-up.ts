import type { Action } from '../../notification/notification.ts';
import type { Followed, FollowUp } from '../notifier.ts';
import { parseBody } from '../parse-body.ts';

/** What Opsgenie says of a close or an acknowledgement for which there is no alert, or nothing to do, as far as it knows. */
const NO_ALERT = /does not exist/i;
const ALREADY = /already (closed|acknowledged|acked)/i;

/**
 * Opsgenie answers 202 before it acts, with the id of the request; whether that worked is asked with it
 * (https://docs.opsgenie.com/docs/alert-api#get-request-status). Undefined where the answer has no id of the usual form.
 */
export function followUpFrom(alerts: string, action: Action, body: string): FollowUp | undefined {
  const { requestId } = (parseBody(body) ?? {}) as { requestId?: unknown };
  if (typeof requestId !== 'string' || !/^[\w-]{1,64}$/.test(requestId)) return undefined;
  return {
    request: {
      method: 'GET',
      url: `${alerts}/requests/${requestId}`,
      headers: (key) => ({ Authorization: `GenieKey ${key}` }),
      body: () => '',
    },
    read: (status, answer) => read(status, answer, action),
  };
}

function read(status: number, body: string, action: Action): Followed {
  // 404 is how "not processed yet" is said.
  if (status === 404) return 'pending';
  const { data } = (parseBody(body) ?? {}) as { data?: { isSuccess?: unknown; status?: unknown } };
  if (typeof data?.isSuccess !== 'boolean') return 'unknown';
  const words = typeof data.status === 'string' ? data.status : '';
  if (data.isSuccess) return 'kept';
  if (action !== 'trigger' && NO_ALERT.test(words)) return 'moot';
  return action !== 'trigger' && ALREADY.test(words) ? 'already' : { broken: words };
}
