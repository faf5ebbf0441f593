const WEBHOOK_PATH = '/webhook';

/** Whether webhooks are posted here; `url` is a request's: path and query. */
export function isWebhook(url: string): boolean {
  if (!url.startsWith(WEBHOOK_PATH)) return false;
  const next = url.charAt(WEBHOOK_PATH.length);
  return next === '' || next === '/' || next === '?';
}

/** The receiver that such a URL names; undefined for the whole tree. */
export function receiverNamed(url: string): string | undefined {
  const [path = ''] = url.split('?', 1);
  const encoded = path.slice(WEBHOOK_PATH.length + 1).replace(/\/$/, '');
  return encoded === '' ? undefined : decode(encoded);
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
