import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Secret } from '../notification/secret.ts';
import type { SignatureRules } from './web-config.ts';

/** How far a signed time may be from ours, in s. */
const TOLERANCE_S = 300;

/**
 * Whether a request's signature is that of its body, by any of the secrets. Grafana's form (grafana/alerting http/hmac.go): the HMAC-SHA256 in hexadecimal, of the body or of `time:body`.
 */
export function isSigned(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secrets: readonly Secret[],
  { header, timestampHeader }: SignatureRules,
  now: number,
): boolean {
  const given = Buffer.from(single(headers[header]), 'hex');
  const time = timestampHeader === undefined ? undefined : single(headers[timestampHeader]);
  if (time !== undefined && !isRecent(time, now)) return false;
  for (const secret of secrets) {
    const hmac = createHmac('sha256', secret.reveal());
    if (time !== undefined) hmac.update(`${time}:`);
    const wanted = hmac.update(body).digest();
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
  }
  return false;
}

function isRecent(time: string, now: number): boolean {
  return /^\d{1,12}$/.test(time) && Math.abs(now / 1000 - Number(time)) <= TOLERANCE_S;
}

function single(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
