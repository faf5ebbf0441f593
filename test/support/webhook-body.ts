import type { Alert } from '../../src/notification/notification.ts';
import type { ParseWebhook, Refusal, Webhook } from '../../src/webhook/webhook.ts';

/** Reads a body given as data, as JSON text or as bytes. */
export function webhookReader(parse: ParseWebhook, maxAlerts = 1000): (body: unknown) => Webhook | Refusal {
  return (body) => {
    if (Buffer.isBuffer(body)) return parse(body, maxAlerts);
    return parse(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), maxAlerts);
  };
}

/** The only alert of a webhook whose alert is given as JSON text. A refusal is a mistake in the test. */
export function onlyAlert(read: (body: unknown) => Webhook | Refusal, alertJson: string): Alert {
  const webhook = read(`{"version":"4","groupKey":"k","alerts":[${alertJson}]}`);
  if ('status' in webhook) throw new Error(webhook.message);
  const [alert] = webhook.alerts;
  if (alert === undefined) throw new Error('there is no alert');
  return alert;
}
