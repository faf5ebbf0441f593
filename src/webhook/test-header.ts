/** A request header: `true` on a webhook that is a test, of which no Alertmanager knows (`pagerelay send`). */
export const TEST_HEADER = 'x-pagerelay-test';
