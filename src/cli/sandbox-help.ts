import type { Help } from 'commander';
import { faultSchema } from '../sandbox/faults.ts';

const CALLS = {
  'GET /sandbox/incidents':
    'The incidents with their history, what was counted of the requests, why some were refused, and which came early. ?vendor= and ?status= (open, resolved) choose.',
  'GET /sandbox/summary': 'The same in numbers, however many there are.',
  'POST /sandbox/faults': 'Makes something go wrong: a JSON object of the fields below.',
  'GET /sandbox/faults': 'The faults that last.',
  'DELETE /sandbox/faults': 'Ends all faults.',
  'DELETE /sandbox': 'Forgets everything.',
};

/** What the help of the sandbox says of its own calls, those that no vendor has. */
export function sandboxHelp(help: Help): string {
  const faults = Object.entries(faultSchema.properties).map(([name, { description }]) => [name, description]);
  const early =
    'A request is early when its head arrived while a Retry-After ran, later than 100 ms after that was answered. The header X-Sandbox-Caller tells apart relays that cannot know what another was told.';
  return [
    '',
    'Calls beside those of the vendors:',
    ...list(help, Object.entries(CALLS)),
    '',
    'Fields of a fault:',
    ...list(help, faults),
    '',
    help.boxWrap(early, help.helpWidth ?? 80),
  ].join('\n');
}

function list(help: Help, items: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(...items.map(([term = '']) => term.length));
  return items.map(([term = '', description = '']) => help.formatItem(term, width, description, help));
}
