import type { Action, Incident, Notification } from '../notification/notification.ts';
import type { SecretSource } from '../notification/secret.ts';
import type { Severity } from '../notification/severity.ts';
import type { TemplateFailure } from './rendering.ts';
import type { Signal } from './signal.ts';

/**
 * Why a notification was not accepted. Alertmanager's values (notify/util.go), so that its dashboards fit; ours are `network`,
 * `circuitOpen`, `atBound` (there was no room for it) and `doubted` (doubts.ts).
 */
export const REASONS = [
  'clientError',
  'authError',
  'rateLimited',
  'serverError',
  'network',
  'circuitOpen',
  'atBound',
  'doubted',
  'contextDeadlineExceeded',
  'contextCanceled',
  'other',
] as const;
export type Reason = (typeof REASONS)[number];

/** How one attempt, or a delivery as a whole, ended. `detail` is for people; it never holds a credential. */
export type Outcome =
  | { readonly status: 'accepted' }
  /** The same request will never be accepted: a wrong key, an invalid event. `tooLarge`: a smaller one may be. */
  | {
      readonly status: 'rejected';
      readonly reason: Reason;
      readonly detail: string;
      readonly tooLarge?: true;
    }
  /** It may be accepted later; `retryAfterMs` when the vendor said when. */
  | {
      readonly status: 'unavailable';
      readonly reason: Reason;
      readonly detail: string;
      readonly retryAfterMs?: number;
      /** No request was made. */
      readonly notSent?: true;
      /** The deadline ended the attempt before its own time was over: it says nothing of the vendor. */
      readonly isCut?: true;
    };

/** Bounds of one attempt. */
export interface Attempt {
  /** Aborts it: the webhook's deadline has passed, or the daemon is stopping. */
  readonly signal: Signal;
  readonly timeoutMs: number;
  /** Asked when the request is about to be written, which is later than now where a connection or a token is waited for. */
  mayStart?(): boolean;
}

/** A request to a vendor, lacking only the credential. */
export interface VendorRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  /**
   * It only adds to what another request says, which counts: without this one the notification is delivered all the same.
   * Before that other request it gets one attempt; after it, attempts as long as there is time.
   */
  readonly isExtra?: true;
  /** Most of the answer that is read, where that is more than an error's text. */
  readonly maxAnswerBytes?: number;
  headers(credential: string): Readonly<Record<string, string>>;
  body(credential: string): string | Buffer;
}

/** A notification in a vendor's terms. The same for every attempt. */
export interface Prepared {
  /** To be sent in this order, each when the one before it is accepted. */
  readonly requests: readonly VendorRequest[];
  /** The vendor's fields that had to be cut to its limits. */
  readonly cuts: readonly string[];
  /** Whether a severity was taken as the default because it was not understood. */
  readonly unknownSeverity: boolean;
  readonly templateFailures: readonly TemplateFailure[];
}

/** Turns notifications into one vendor's requests and reads its answers. Pure: it holds settings and sends nothing. */
export interface Notifier {
  readonly credential: SecretSource;
  /** Where it is: with the credential this tells one account from another. */
  readonly address: string;
  /** The key that a setting (`dedup_key`, `alias`) gives an incident; without that setting the incident keeps its own. */
  readonly incidentKey?: (incident: Incident) => GivenKey;
  /** What the user's names for severities stand for, where requests have to wait: the most severe go first. */
  readonly severities?: ReadonlyMap<string, Severity>;
  /** How to follow up what was accepted with this body; undefined where that needs no following. */
  followUp?(action: Action, body: string): FollowUp | undefined;
  /** Where the config lets open incidents be read. */
  readonly readBack?: ReadBack;
  /** `reduced`: as small as is useful, because the vendor found the full one too large. */
  prepare(notification: Notification, reduced: boolean): Prepared;
}

/** How to ask a vendor that has accepted something whether it has done it. */
export interface FollowUp {
  readonly request: VendorRequest;
  /** What an answer with this HTTP status says, one that promises nothing for later included. */
  read(status: number, body: string): Followed;
}

/**
 * `pending`: not yet known. `unknown`: and it never will be. `moot`: there was nothing to do it to; `already`: or it was done. `broken`: it was not done,
 * with the vendor's words.
 */
export type Followed = 'pending' | 'kept' | 'unknown' | 'moot' | 'already' | { readonly broken: string };

/** How a vendor is asked which incidents are open there, and were sent by us. */
export interface ReadBack {
  /** Two with the same id are told the same. */
  readonly id: string;
  readonly credential: SecretSource;
  /** Where it is asked: with the credential this tells what has a rate limit of its own. */
  readonly address: string;
  readonly answers: AnswerRules;
  readonly first: Question;
}

/** One of the requests for that. */
export interface Question {
  readonly request: VendorRequest;
  /** It is about one incident, which may be gone by now: 404 says so. */
  readonly isOfOne?: true;
  /** What the answer says; undefined where it is not in the documented form. */
  read(body: unknown): Told | undefined;
}

export interface Told {
  readonly open: readonly OpenIncident[];
  /** What stands on this page of a list. */
  readonly listed?: readonly string[];
  /** Its next page, which is to begin before the end of this one. */
  readonly more?: Question;
  /** There is a next page, and the vendor shows no list as far as that. */
  readonly isCut?: true;
  /** What else is to be asked, in no hurry. */
  readonly next?: readonly Question[];
}

/** An incident that is open at the vendor. */
export interface OpenIncident {
  readonly key: string;
  /** Of its alerts, as far as the vendor knows. */
  readonly fingerprints: readonly string[];
}

/** An incident's key as a template gives it; undefined where it gives none. */
export interface GivenKey {
  readonly key: string | undefined;
  readonly templateFailures: readonly TemplateFailure[];
}

/** What the vendor's documentation says of its answers, where it differs from the common table (outcome.ts). */
export interface AnswerRules {
  /** 5xx statuses for which a retry is useless. */
  readonly final: readonly number[];
  /** Statuses with which it refuses a credential, perhaps among other things. */
  readonly refusesKey: readonly number[];
  /** A header, in lower case, with the seconds to wait after 429, beside `Retry-After`. */
  readonly pauseHeader?: string;
  /** The vendor's own words in an error body, or "" when it is not in the documented form. */
  errorText(body: unknown): string;
}
