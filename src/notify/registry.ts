import { opsgenie } from './opsgenie/index.ts';
import { pagerduty } from './pagerduty/index.ts';
import type { Vendor } from './vendor.ts';

/** Every vendor there is. A new one is a folder beside this file and a name in this list. */
export const vendors: readonly Vendor[] = [pagerduty, opsgenie];
