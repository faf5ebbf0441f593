/**
 * What the IANA time zone database abbreviates, by CLDR's English name of it. Only names in use now are here: what they
 * were called before about 2011 can come out as a number.
 */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map([
  ['Alaska Daylight Time', 'AKDT'],
  ['Alaska Standard Time', 'AKST'],
  ['American Samoa Standard Time', 'SST'],
  ['Atlantic Daylight Time', 'ADT'],
  ['Atlantic Standard Time', 'AST'],
  ['Australian Central Daylight Time', 'ACDT'],
  ['Australian Central Standard Time', 'ACST'],
  ['Australian Eastern Daylight Time', 'AEDT'],
  ['Australian Eastern Standard Time', 'AEST'],
  ['Australian Western Standard Time', 'AWST'],
  ['British Summer Time', 'BST'],
  ['Central Africa Time', 'CAT'],
  ['Central Daylight Time', 'CDT'],
  ['Central European Standard Time', 'CET'],
  ['Central European Summer Time', 'CEST'],
  ['Central Indonesia Time', 'WITA'],
  ['Central Standard Time', 'CST'],
  ['Chamorro Standard Time', 'ChST'],
  ['China Standard Time', 'CST'],
  ['Coordinated Universal Time', 'UTC'],
  ['Cuba Daylight Time', 'CDT'],
  ['Cuba Standard Time', 'CST'],
  ['East Africa Time', 'EAT'],
  ['Eastern Daylight Time', 'EDT'],
  ['Eastern European Standard Time', 'EET'],
  ['Eastern European Summer Time', 'EEST'],
  ['Eastern Indonesia Time', 'WIT'],
  ['Eastern Standard Time', 'EST'],
  ['Greenwich Mean Time', 'GMT'],
  ['Hawaii-Aleutian Daylight Time', 'HDT'],
  ['Hawaii-Aleutian Standard Time', 'HST'],
  ['Hong Kong Standard Time', 'HKT'],
  ['India Standard Time', 'IST'],
  ['Irish Standard Time', 'IST'],
  ['Israel Daylight Time', 'IDT'],
  ['Israel Standard Time', 'IST'],
  ['Japan Standard Time', 'JST'],
  ['Korean Standard Time', 'KST'],
  ['Macao Standard Time', 'CST'],
  ['Mexican Pacific Daylight Time', 'MDT'],
  ['Mexican Pacific Standard Time', 'MST'],
  ['Moscow Standard Time', 'MSK'],
  ['Mountain Daylight Time', 'MDT'],
  ['Mountain Standard Time', 'MST'],
  ['New Zealand Daylight Time', 'NZDT'],
  ['New Zealand Standard Time', 'NZST'],
  ['Newfoundland Daylight Time', 'NDT'],
  ['Newfoundland Standard Time', 'NST'],
  ['Pacific Daylight Time', 'PDT'],
  ['Pacific Standard Time', 'PST'],
  ['Pakistan Standard Time', 'PKT'],
  ['Philippine Standard Time', 'PST'],
  ['South Africa Standard Time', 'SAST'],
  ['Taiwan Standard Time', 'CST'],
  ['Volgograd Standard Time', 'MSK'],
  ['West Africa Time', 'WAT'],
  ['Western European Standard Time', 'WET'],
  ['Western European Summer Time', 'WEST'],
  ['Western Indonesia Time', 'WIB'],
  ['Yukon Time', 'MST'],
]);

/** CLDR counts these among the named ones; the IANA database gives them numbers. */
const NUMERIC: ReadonlySet<string> = new Set([
  'Africa/Casablanca',
  'Africa/El_Aaiun',
  'Antarctica/Casey',
  'Antarctica/Troll',
  'Asia/Colombo',
  'Asia/Dili',
  'Europe/Astrakhan',
  'Europe/Minsk',
  'Europe/Saratov',
  'Europe/Ulyanovsk',
]);

/**
 * The abbreviation that the IANA time zone database has for what CLDR calls `longName`: letters, or where none are in
 * use the offset, as `+0530`. `offset` is in seconds east of UTC.
 */
export function zoneAbbreviation(zoneName: string, longName: string, offset: number): string {
  // An offset that is no quarter of an hour is the local mean time of before there were zones.
  if (offset % 900 !== 0) return 'LMT';
  const letters = NUMERIC.has(zoneName) ? undefined : ABBREVIATIONS.get(longName);
  return letters ?? numeric(offset);
}

function numeric(offset: number): string {
  const minutes = Math.abs(offset) / 60;
  const pair = (value: number) => String(value).padStart(2, '0');
  const rest = minutes % 60 === 0 ? '' : pair(minutes % 60);
  return `${offset < 0 ? '-' : '+'}${pair(Math.floor(minutes / 60))}${rest}`;
}
