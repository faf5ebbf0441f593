const VERBS = [...'vTtbcdoOqxXUeEfFgGsz', '+v', '#v', '#x', '#o', '#b', '#q', '+q', '#U', 'x', '#g'];
const OPTIONS = ['', '8', '-8', '08', '.2', '8.2', '-8.1', '08.3', '+', ' ', '#', '.0', '+08.2', '-08'];

/** A value of each kind that a template can have, but for those that hold times, whose insides are Go's own. */
const VALUES = [
  '0',
  '42',
  '-7',
  '9223372036854775807',
  '-9223372036854775808',
  '128512',
  '1.5',
  '-0.0',
  '1e21',
  '0.1',
  '123456.789',
  'true',
  '""',
  '"abc"',
  '"é漢😀`"',
  '"<&>\\n\\x00"',
  'nil',
  '(stringSlice "a" "é")',
  '(stringSlice)',
  '.GroupLabels',
  '.GroupLabels.SortedPairs',
  '(index .GroupLabels.SortedPairs 0)',
  '(index .Alerts 0).StartsAt.Month',
  '((index .Alerts 2).EndsAt.Sub (index .Alerts 2).StartsAt)',
  '((index .Alerts 2).EndsAt.Sub (index .Alerts 2).StartsAt).Hours',
];
/** Values that hold a time, with the verbs that show it as text. */
const WITH_TIMES = ['(index .Alerts 0).StartsAt', '(index .Alerts 2)', '.Alerts.Resolved'];
const VERBS_OF_TEXT = ['v', 's', 'q', 'x', 'X', 'T', '+v', '#v'];

/** Every verb with every option on every value. */
export function printfTemplates(): string[] {
  return [...combined(VERBS, VALUES), ...combined(VERBS_OF_TEXT, WITH_TIMES)];
}

function combined(verbs: readonly string[], values: readonly string[]): string[] {
  return verbs.flatMap((verb) =>
    OPTIONS.flatMap((option) => values.map((value) => `{{ printf "%${option}${verb}" ${value} }}`)),
  );
}
