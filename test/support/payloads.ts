import { type Loaded, load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import type { Notification } from '../../src/notification/notification.ts';
import type { Notifier, Prepared } from '../../src/notify/notifier.ts';
import type { TemplateFailure } from '../../src/notify/rendering.ts';

/** As long as a real one, and in the form of all vendors' keys. */
export const KEY = '0123456789abcdef0123456789abcdef';

type Settings = Readonly<Record<string, unknown>>;

/** The notifier that a config file with these settings, and patterns of template files, makes. */
export function notifierOf(
  list: string,
  settings: Settings,
  global: Settings = {},
  templates: readonly string[] = [],
): Notifier {
  const receivers = [{ name: 'team', [list]: [settings] }];
  const file = JSON.stringify({ global, templates, route: { receiver: 'team' }, receivers });
  const { config, problems }: Loaded = load(file, 'test.yaml', { env: {}, now: Date.now });
  const notifier = config?.receivers.get('team')?.integrations[0]?.notifier;
  if (notifier === undefined) throw new Error(problems.map(printProblem).join('\n'));
  return notifier;
}

export interface Sent {
  readonly url: string;
  readonly text: string;
  /** The body as the vendor reads it. */
  readonly body: Settings;
  readonly cuts: readonly string[];
  readonly unknownSeverity: boolean;
}

/** What the vendor would be sent. */
export function sent(notifier: Notifier, notification: Notification, reduced = false): Sent {
  const { requests, cuts, unknownSeverity }: Prepared = notifier.prepare(notification, reduced);
  const [request] = requests;
  if (request === undefined) throw new Error('nothing is sent');
  const text = String(request.body(KEY));
  return { url: request.url, text, body: JSON.parse(text) as Settings, cuts, unknownSeverity };
}

/** One request as the vendor would get it. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly body: Settings;
  readonly isExtra: boolean;
}

export interface SentRequests {
  readonly requests: readonly SentRequest[];
  readonly templateFailures: readonly TemplateFailure[];
}

/** All that the vendor would be sent, in order. */
export function allSent(notifier: Notifier, notification: Notification): SentRequests {
  const { requests, templateFailures } = notifier.prepare(notification, false);
  return {
    requests: requests.map(({ method, url, body, isExtra = false }) => ({
      method,
      url,
      body: JSON.parse(String(body(KEY))) as Settings,
      isExtra,
    })),
    templateFailures,
  };
}
