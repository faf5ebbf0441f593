import { quoteForMatcher } from '../notification/text.ts';
import { byMatcherOrder, type MatcherText } from '../route/matcher-text.ts';
import { goQuote } from '../template/go-quote.ts';

/** A route's matchers as Alertmanager sorts and prints them in a group key (pkg/labels/matcher.go). */
export function matchersText(matchers: readonly MatcherText[]): string {
  return `{${matchers.toSorted(byMatcherOrder).map(matcherText).join(',')}}`;
}

function matcherText({ name, operator, value }: MatcherText): string {
  const isReserved = /[\p{White_Space}{}!=~,\\"'`]/u.test(name);
  return isReserved
    ? `${goQuote(name)}${operator}${goQuote(value)}`
    : `${name}${operator}${quoteForMatcher(value)}`;
}
