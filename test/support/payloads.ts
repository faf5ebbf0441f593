import { type Loaded, load } from '../../src/config/load.ts';
import { printProblem } from '../../src/config/problem.ts';
import type { Notification } from '../../src/notification/notification.ts';
import type { Prepared, Vendor } from '../../src/notify/notifier.ts';

/** As long as a real one, and in the form of all vendors' keys. */
export const KEY = '0123456789abcdef0123456789abcdef';

type Settings = Readonly<Record<string, unknown>>;

/** The vendor that a config file with these settings makes. */
export function vendorOf(list: string, settings: Settings, global: Settings = {}): Vendor {
  const receivers = [{ name: 'team', [list]: [settings] }];
  const file = JSON.stringify({ global, route: { receiver: 'team' }, receivers });
  const { config, problems }: Loaded = load(file, 'test.yaml', { env: {}, now: Date.now });
  const vendor = config?.receivers.get('team')?.integrations[0]?.vendor;
  if (vendor === undefined) throw new Error(problems.map(printProblem).join('\n'));
  return vendor;
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
export function sent(vendor: Vendor, notification: Notification, reduced = false): Sent {
  const { request, cuts, unknownSeverity }: Prepared = vendor.prepare(notification, reduced);
  const text = request.body(KEY);
  return { url: request.url, text, body: JSON.parse(text) as Settings, cuts, unknownSeverity };
}
