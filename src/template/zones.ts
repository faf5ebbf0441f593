import { LRUCache } from 'lru-cache';
import type { Zone } from './value.ts';
import { UTC } from './zone.ts';
import { zoneAbbreviation } from './zone-abbreviation.ts';

export interface Zones {
  /**
   * Go's `time.LoadLocation`: a zone of the IANA database as Node's Intl has it. "" and "UTC" are UTC, and so is "Local":
   * what is sent must not depend on the machine, and Alertmanager's images run in UTC. Another name is an error.
   */
  load(name: string): Zone | Error;
}

/** Names can come from labels, and each zone holds two formatters of Intl. */
const MAX_ZONES = 64;

export function createZones(): Zones {
  const loaded = new LRUCache<string, Zone>({ max: MAX_ZONES });
  return {
    load(name) {
      if (name === '' || name === 'UTC' || name === 'Local') return UTC;
      const known = loaded.get(name);
      if (known !== undefined) return known;
      const zone = loadZone(name);
      if (!(zone instanceof Error)) loaded.set(name, zone);
      return zone;
    },
  };
}

/** Whether Go knows a zone of the IANA database by this name, as far as its form tells. */
export function isZoneName(name: string): boolean {
  return IANA_NAME.test(name);
}

/** Intl also takes any case, and letters that mean other things to other people (AST is Alaska); Go takes neither. */
const IANA_NAME =
  /^(?:(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)\/[A-Z]|(?:CET|CST6CDT|Cuba|EET|EST|EST5EDT|Egypt|Eire|GB|GB-Eire|GMT|GMT[+-]?0|Greenwich|HST|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|MET|MST|MST7MDT|NZ|NZ-CHAT|Navajo|PRC|PST8PDT|Poland|Portugal|ROC|ROK|Singapore|Turkey|UCT|Universal|W-SU|WET|Zulu)$)/;

/** Greenwich by its names; to Intl they are all UTC. */
const GREENWICH = /^(?:Etc\/)?(?:GMT(?:[+-]?0)?|Greenwich)$/;

/** Links to Europe/London in the IANA database, which Intl has without the name of their summer time. */
const LONDON: ReadonlySet<string> = new Set(['Europe/Guernsey', 'Europe/Isle_of_Man', 'Europe/Jersey']);

function loadZone(name: string): Zone | Error {
  if (GREENWICH.test(name)) return { name, at: () => ({ offset: 0, abbreviation: 'GMT' }) };
  const unknown = new Error(`unknown time zone ${name}`);
  if (!IANA_NAME.test(name)) return unknown;
  try {
    return intlZone(name, LONDON.has(name) ? 'Europe/London' : name);
  } catch (error) {
    if (error instanceof RangeError) return unknown;
    throw error;
  }
}

/** Seconds either side of 1970 that a Date holds (ECMAScript's time values); beyond, what holds there goes on. */
const MAX_DATE = 8.64e12;

/** Throws a RangeError where Intl does not know `timeZone`. */
function intlZone(name: string, timeZone: string): Zone {
  const offsets = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', timeZoneName: 'longOffset' });
  const names = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', timeZoneName: 'long' });
  return {
    name,
    at(seconds) {
      const date = Math.min(Math.max(seconds, -MAX_DATE), MAX_DATE) * 1000;
      const offset = offsetOf(afterYear(offsets.format(date)));
      return { offset, abbreviation: zoneAbbreviation(name, afterYear(names.format(date)), offset) };
    },
  };
}

/** Of a text as `1970, Central European Standard Time`; formatToParts would take more than twice as long. */
function afterYear(text: string): string {
  return text.slice(text.indexOf(', ') + 2);
}

/** Of `GMT+05:30`, `GMT-00:44:30` or `GMT`, in seconds. */
function offsetOf(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.slice('GMT+'.length).split(':').map(Number);
  const size = hours * 3600 + minutes * 60 + seconds;
  return text.startsWith('GMT-') ? -size : size;
}
