import type { Member, Remembered, Told } from './remembered.ts';

/** What is remembered of an incident, as it is kept: as an object it takes two to three times the memory. */
export type Kept = string | Remembered;

/** With more alerts and groups it is kept as it is: few incidents have so many, and to read them again takes time. */
const MAX_PARTS = 8;

export function pack(remembered: Remembered): Kept {
  const { action, last, others, members, resolvedAt, reopenFrom, staysOpen, endHeardAt, foundAt, unseenAt } =
    remembered;
  if (others.length + members.length > MAX_PARTS) return remembered;
  const parts: Parts = [
    action,
    last && partsOfTold(last),
    members.map(partsOfMember),
    others.map(partsOfTold),
    resolvedAt,
    reopenFrom,
    staysOpen,
    endHeardAt,
    foundAt,
    unseenAt,
  ];
  return JSON.stringify(parts.slice(0, parts.findLastIndex(saysSomething) + 1));
}

export function unpack(kept: Kept): Remembered {
  if (typeof kept !== 'string') return kept;
  const [action, last, members = [], others = [], resolvedAt, reopenFrom, staysOpen, ...rest] = JSON.parse(
    kept,
  ) as Parts;
  const [endHeardAt, foundAt, unseenAt] = rest;
  return {
    action,
    others: others.map(toldOf),
    members: members.map(memberOf),
    ...(isAbsent(last) ? {} : { last: toldOf(last) }),
    ...(isAbsent(resolvedAt) ? {} : { resolvedAt }),
    ...(isAbsent(reopenFrom) ? {} : { reopenFrom }),
    ...(isAbsent(staysOpen) ? {} : { staysOpen }),
    ...(isAbsent(endHeardAt) ? {} : { endHeardAt }),
    ...(isAbsent(foundAt) ? {} : { foundAt }),
    ...(isAbsent(unseenAt) ? {} : { unseenAt }),
  };
}

/** The same as of what is unpacked. */
export function actionOf(kept: Kept): Remembered['action'] {
  if (typeof kept !== 'string') return kept.action;
  return kept.slice(2, kept.indexOf('"', 2)) as Remembered['action'];
}

/** Without the names: what is absent is null in JSON, or is not there at the end. */
type Absent = null | undefined;
type Parts = [
  action: Remembered['action'],
  last?: ToldParts | Absent,
  members?: readonly MemberParts[],
  others?: readonly ToldParts[],
  resolvedAt?: number | Absent,
  reopenFrom?: number | Absent,
  staysOpen?: true | Absent,
  endHeardAt?: number | Absent,
  foundAt?: number | Absent,
  unseenAt?: number | Absent,
];
type ToldParts = [group: string, text: string, startsAtMs: number, acceptedAt: number];
type MemberParts = [
  fingerprint: string,
  startsAtMs: number,
  endedAt: number | Absent,
  group: string | Absent,
];

function isAbsent(part: unknown): part is Absent {
  return part === undefined || part === null;
}

function saysSomething(part: Parts[number]): boolean {
  return Array.isArray(part) ? part.length > 0 : !isAbsent(part);
}

function partsOfTold({ group, text, startsAtMs, acceptedAt }: Told): ToldParts {
  return [group, text, startsAtMs, acceptedAt];
}

function toldOf([group, text, startsAtMs, acceptedAt]: ToldParts): Told {
  return { group, text, startsAtMs, acceptedAt };
}

function partsOfMember({ fingerprint, startsAtMs, endedAt, group }: Member): MemberParts {
  return [fingerprint, startsAtMs, endedAt, group];
}

function memberOf([fingerprint, startsAtMs, endedAt, group]: MemberParts): Member {
  return {
    fingerprint,
    startsAtMs,
    ...(isAbsent(endedAt) ? {} : { endedAt }),
    ...(isAbsent(group) ? {} : { group }),
  };
}
