// Alertmanager's `notification_reason`, as far as anything follows from it (its notify/notify.go).
export const FIRST = 'first notification';
export const SOME_RESOLVED = 'some alerts resolved';
export const ALL_RESOLVED = 'all alerts resolved';
export const REPEAT = 'repeat interval elapsed';
