import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/compile.ts';
import { type Integration, integrationsOf } from '../config/compile-receiver.ts';
import { endpointOf } from '../config/endpoint.ts';
import { sha256hex } from '../notification/incident-key.ts';
import type { HttpClient } from '../notify/http-client.ts';
import type { OpenIncident, Question, ReadBack, Told } from '../notify/notifier.ts';
import { parseBody } from '../notify/parse-body.ts';
import type { Exchanged } from '../notify/send.ts';
import type { Logger } from '../observe/log.ts';
import { ask } from './ask.ts';
import type { Gate } from './gate.ts';
import type { Memory } from './memory.ts';
import { placeOf } from './place.ts';
import { foundOpen } from './remembered.ts';

/**
 * Reads from the vendors what is open there and was sent by us, once for each account: what neither this process nor
 * Alertmanager remembers is then found to be gone (gone.ts), and resolved.
 */
export interface ReadingBack {
  /** Reads what has not been read yet; what cannot be read now is tried again a while later. */
  proceed(): Promise<void>;
  /** Whether that is the target of a credential that is read with (`targetOf`). */
  readsWith(target: string): boolean;
}

export interface ReadBackParts {
  readonly http: HttpClient;
  readonly gate: Gate;
  readonly config: () => Config;
  readonly memory: () => Memory;
  readonly count: () => void;
  readonly log: Logger;
  /** In ms since the epoch. */
  readonly now: () => number;
  readonly stopping: AbortSignal;
}

/** How long one request may take, its wait for a turn included, in ms. */
const REQUEST_MS = 30_000;
const ATTEMPT_MS = 10_000;
const MAX_ATTEMPTS = 5;
/** It doubles; after the last attempt what is left is asked for a while later, in ms. */
const FIRST_WAIT_MS = 1_000;
const RETRY_AFTER_MS = 60_000;
/** Requests for one account, at most: PagerDuty is asked for each incident by itself. */
const MAX_REQUESTS = 3_000;

/** Integrations that are told the same. */
type Accounts = readonly [Integration, ...Integration[]];

/** What has come of a reading. */
interface Read {
  readonly open: readonly OpenIncident[];
  readonly isAll: boolean;
  /** Why it went no further, and what is still to be asked. */
  readonly stopped?: { readonly fault: string; readonly left: readonly Question[] };
}

export function createReadBack(parts: ReadBackParts): ReadingBack {
  const { config, memory, count, log, now, stopping } = parts;
  const done = new Set<string>();
  /** What is left of a reading that went no further, by account. */
  const unread = new Map<string, readonly Question[]>();
  let retryAt = 0;
  let isRunning = false;

  async function proceed(): Promise<void> {
    const left = accountsOf(config()).filter(({ readBack }) => !done.has(readBack.id));
    if (left.length === 0 || isRunning || now() < retryAt) return;
    isRunning = true;
    try {
      for (const { readBack, accounts } of left) await readOne(readBack, accounts);
    } finally {
      isRunning = false;
    }
  }

  async function readOne(readBack: ReadBack, accounts: Accounts): Promise<void> {
    const [{ receiver, name }] = accounts;
    const who = { receiver, integration: name };
    const askedAt = now();
    memory().forgetOld();
    const { open, isAll, stopped } = await openAt(readBack, accounts[0]);
    if (stopping.aborted) return;
    const byLabels = leavingToPeople(config());
    const adopted = accounts.flatMap(({ target }) =>
      open.filter((incident) => adopt(target, incident, askedAt, byLabels.has(target))),
    );
    const found = { ...who, open: open.length, adopted: adopted.length };
    if (!isAll) log.warn('there are more open incidents than are read', who);
    if (stopped === undefined) {
      unread.delete(readBack.id);
      done.add(readBack.id);
      log.info('open incidents read', found);
      return;
    }
    const { fault: detail, left } = stopped;
    unread.set(readBack.id, left);
    retryAt = now() + RETRY_AFTER_MS;
    log.warn('open incidents cannot be read', { ...found, detail, left: left.length });
  }

  /**
   * Whether nothing was known of it. What is resolved by its labels stays open until they are known: what the vendor shows
   * of them may be the user's own details, or cut.
   */
  function adopt(
    target: string,
    { key, fingerprints }: OpenIncident,
    foundAt: number,
    isByLabels: boolean,
  ): boolean {
    const place = placeOf(target, key);
    if (memory().peek(place) !== undefined || !memory().hasRoom()) return false;
    const members = fingerprints.map((fingerprint) => ({ fingerprint, startsAtMs: 0 }));
    memory().set(place, { ...foundOpen(members), foundAt, ...(isByLabels ? { staysOpen: true } : {}) });
    count();
    return true;
  }

  /**
   * A list is read to its end, or anew. Of single incidents it goes on where it stopped, with the one that stopped it last: that
   * one may never be told.
   */
  async function openAt(readBack: ReadBack, integration: Integration): Promise<Read> {
    const reading = createReading(unread.get(readBack.id) ?? [readBack.first]);
    let question = reading.next();
    for (let left = MAX_REQUESTS; left > 0 && question !== undefined; left--, question = reading.next()) {
      const told = await askUntilAnswered(question, readBack, integration);
      const fault = 'fault' in told ? told.fault : reading.take(told);
      if (fault === undefined) continue;
      if (!question.isOfOne) return { open: [], isAll: true, stopped: { fault, left: [readBack.first] } };
      return { ...reading.found(), stopped: { fault, left: reading.askedLast() } };
    }
    const { open, isAll } = reading.found();
    return { open, isAll: isAll && reading.next() === undefined };
  }

  /** Asks until there is an answer, a few times. */
  async function askUntilAnswered(
    question: Question,
    readBack: ReadBack,
    integration: Integration,
  ): Promise<Told | { readonly fault: string }> {
    for (let attempt = 1; ; attempt++) {
      const { outcome, status, body = '' } = await askOnce(question, readBack, integration);
      if (outcome.status === 'accepted')
        return question.read(parseBody(body)) ?? { fault: 'the answer is not in the documented form' };
      if (question.isOfOne && status === 404) return { open: [] };
      const isOver = outcome.status === 'rejected' || attempt === MAX_ATTEMPTS || stopping.aborted;
      if (isOver) return { fault: outcome.detail };
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1), undefined, { signal: stopping }).catch(() => {});
    }
  }

  function askOnce({ request }: Question, readBack: ReadBack, integration: Integration): Promise<Exchanged> {
    const { credential, address, answers } = readBack;
    const endpoint = endpointOf(address, integration.http);
    const to = { ...integration, target: targetOf(readBack, integration), endpoint };
    const destination = { ...integration, notifier: { credential }, vendor: { answers } };
    return ask({ request, to, destination, timeoutMs: REQUEST_MS, attemptMs: ATTEMPT_MS }, parts);
  }

  return {
    proceed,
    readsWith: (target) =>
      accountsOf(config()).some(({ readBack, accounts }) => targetOf(readBack, accounts[0]) === target),
  };
}

/** By whose pace it is asked: that of its own credential, where that is not the one that events are sent with. */
function targetOf({ credential, address }: ReadBack, { notifier, target }: Integration): string {
  const isOther = credential.id !== notifier.credential.id || address !== notifier.address;
  return isOther ? sha256hex(`${address} ${credential.id}`).slice(0, 16) : target;
}

/** What is open as far as it was told, and what is still to be asked. */
function createReading(first: readonly Question[]) {
  const open = new Map<string, OpenIncident>();
  const known = new Set<string>();
  let questions = first;
  /** What stood on the page before the one that is asked for, and the first page. */
  let before: ReadonlySet<string> | undefined;
  let firstPage: Question | undefined;
  let isCut = false;

  /** A fault where some of a list may not have been seen: what was closed meanwhile has moved the rest up. */
  function take({ listed, more, next = [], ...told }: Told): string | undefined {
    const last = before;
    if (last !== undefined && listed?.some((one) => last.has(one)) === false)
      return 'incidents were closed while the list was read';
    before = more && new Set(listed);
    firstPage = more && (firstPage ?? questions[0]);
    isCut ||= told.isCut === true;
    for (const incident of told.open) open.set(incident.key, incident);
    const unknown = next.filter(({ request }) => !known.has(request.url));
    for (const { request } of unknown) known.add(request.url);
    // The next page first, before more is closed.
    questions = [...(more ? [more] : []), ...questions.slice(1), ...unknown];
    return undefined;
  }

  return {
    next: () => questions[0],
    take,
    /** What was found, and whether the list was. */
    found: () => ({ open: [...open.values()], isAll: !isCut }),
    /** What is still to be asked, what comes next of it last, and from its first page. */
    askedLast: () => [...questions.slice(1), ...(firstPage ? [firstPage] : questions.slice(0, 1))],
  };
}

/** The accounts of which an integration leaves any to people: it may have opened what another one of the account reads. */
function leavingToPeople(config: Config): ReadonlySet<string> {
  return new Set(
    integrationsOf(config)
      .filter(({ resolves, resolvesByLabels }) => !resolves || resolvesByLabels)
      .map(({ target }) => target),
  );
}

/** Nothing is done with what is read unless Alertmanager is asked what it has, nor where nothing is to be resolved. */
function accountsOf(config: Config): readonly { readonly readBack: ReadBack; readonly accounts: Accounts }[] {
  if (config.relay.alertmanager === undefined) return [];
  const byId = new Map<string, { readonly readBack: ReadBack; accounts: Accounts }>();
  for (const integration of integrationsOf(config)) {
    const { readBack } = integration.notifier;
    if (readBack === undefined || !integration.resolves) continue;
    const known = byId.get(readBack.id);
    if (known === undefined) byId.set(readBack.id, { readBack, accounts: [integration] });
    else known.accounts = [...known.accounts, integration];
  }
  return [...byId.values()];
}
