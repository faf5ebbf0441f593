/** Why something is sent, with what docs/api.md says of it. */
export const FORWARDED = {
  first: 'it is not known to be open',
  changed: 'what `dedup.resend_on` lists has changed, or an alert began again',
  repeat: 'unchanged, but `dedup.window` is over, or Alertmanager says that its `repeat_interval` is',
  resolved: 'all of its alerts have ended',
  gone: 'seen at Alertmanager (`relay.alertmanager_url`), nobody posts it: it no longer has the alerts',
  muted: 'seen there: all of the alerts are silenced or inhibited (`on_muted`)',
  active: 'seen there: an alert is active, and its incident not open at the vendor',
  failed_late: 'sent once more, for the vendor has not done what it accepted',
} as const;
export type Forwarded = keyof typeof FORWARDED;

/** Why nothing is sent. */
export const SUPPRESSED = {
  in_flight: 'its twin was under way: it shares what came of that',
  superseded: 'a newer one took its place, or what it says is no longer so',
  hold_resolve: 'an end that is kept back, for the alert may fire again (`dedup.hold_resolve`)',
  stale: 'a lagging peer says it: the alert has ended, or begun again, since',
  duplicate: 'the vendor knows it, and `dedup.window` is not over',
  repeat: "Alertmanager's `repeat_interval` is over, and `dedup.repeats` is `drop`",
  still_firing: 'alerts have ended, but others of the incident fire',
  truncated: 'alerts have ended, but those that Alertmanager cut (`max_alerts`) may fire',
  send_resolved: 'its receiver is not told of ends (`send_resolved: false`)',
  mute_time_interval: 'held until the mute of its route ends',
  active_time_interval: 'held until its route is active',
} as const;
export type Suppressed = keyof typeof SUPPRESSED;

/** What is recorded of others: those that a fallback took, and those that had no turn. */
export const BESIDE = {
  fallback: "the receiver's fallback took it",
  untried: 'there was no time or no room for it, as `detail` says: Alertmanager sends it again',
} as const;
