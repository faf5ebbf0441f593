import type { Integration } from '../config/compile-receiver.ts';
import type { Action } from '../notification/notification.ts';

/** Whether the config has an account (`Integration.target`). */
export type HasAccount = (target: string) => boolean;

/**
 * Whether it is an end for an account that is gone from the config: what that refuses it would refuse again, and no other can
 * take it.
 */
export function isLeftAlone(
  action: Action,
  { target }: Pick<Integration, 'target'>,
  hasAccount: HasAccount,
): boolean {
  return action === 'resolve' && !hasAccount(target);
}
