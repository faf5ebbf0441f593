import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { SignatureRules } from './web-config.ts';

/** How far a signed time may be from ours, in s. */
const TOLERANCE_S = 300;

/**
 * Whether a request's signature is that of its body, by any of the secrets; `unreadable` where it is by none and one of
 * them could not be read. Grafana's form (grafana/alerting http/hmac.go): the HMAC-SHA256 in hexadecimal, of the body or of `time:body`.
 */
export async function isSigned(
  headers: IncomingHttpHeaders,
  body: Buffer,
  { secrets, header, timestampHeader }: SignatureRules,
  now: number,
): Promise<boolean | 'unreadable'> {
  const given = Buffer.from(single(headers[header]), 'hex');
  const time = timestampHeader === undefined ? undefined : single(headers[timestampHeader]);
  if (time !== undefined && !isRecent(time, now)) return false;
  let isUnreadable = false;
  for (const source of secrets) {
    const secret = await source.read();
    if (secret instanceof Error) {
      isUnreadable = true;
      continue;
    }
    const hmac = createHmac('sha256', secret.reveal());
    if (time !== undefined) hmac.update(`${time}:`);
    const wanted = hmac.update(body).digest();
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
  }
  return isUnreadable ? 'unreadable' : false;
}

function isRecent(time: string, now: number): boolean {
  return /^\d{1,12}$/.test(time) && Math.abs(now / 1000 - Number(time)) <= TOLERANCE_S;
}

function single(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
