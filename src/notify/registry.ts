import type { Integration } from './notifier.ts';
import { opsgenie } from './opsgenie/index.ts';
import { pagerduty } from './pagerduty/index.ts';

/** Every vendor there is. A new one is a folder beside this file and a name in this list. */
export const integrations: readonly Integration[] = [pagerduty, opsgenie];
