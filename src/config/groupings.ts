import type { GroupBy, Route } from '../route/route.ts';

/** How alerts become incidents on the routes to each receiver; of one without a route, as at the root (plan.ts). */
export function createGroupings(root: Route): (receiver: string) => readonly GroupBy[] {
  const byReceiver = new Map<string, Map<string, GroupBy>>();
  const visit = ({ receiver, groupBy, routes }: Route): void => {
    const own = byReceiver.get(receiver) ?? new Map<string, GroupBy>();
    byReceiver.set(receiver, own.set(JSON.stringify(groupBy), groupBy));
    routes.forEach(visit);
  };
  visit(root);
  return (receiver) => [...(byReceiver.get(receiver)?.values() ?? [root.groupBy])];
}
