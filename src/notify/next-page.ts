import type { Question, Told } from './notifier.ts';

/** Most that PagerDuty and Opsgenie put on one page of a list. */
export const PAGE = 100;
/** The next page begins before the end of the last one: what is closed between the two requests moves the rest up. */
const STEP = 50;

/** What follows a page that is not the last one; `reach`: the last place in the list that the vendor shows. */
export function nextPage(
  offset: number,
  reach: number,
  ask: (offset: number) => Question,
): Pick<Told, 'more' | 'isCut'> {
  return offset + STEP + PAGE <= reach ? { more: ask(offset + STEP) } : { isCut: true };
}
