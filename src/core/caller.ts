/** Who asks. */

import type { Scope } from './order/command.ts';

/** The bearer of a verified token. */
export type Caller = {
  /** The token's `sub`. */
  userId: string;
  role: 'customer' | 'operator';
};

/** The orders of a dialect that a caller may see: an operator all of them, a customer their own. */
export function scopeOf(caller: Caller, dialect: string): Scope {
  return { dialect, userId: caller.role === 'operator' ? null : caller.userId };
}

/** The caller's name in the log of an order. */
export function actorOf(caller: Caller): string {
  return `${caller.role === 'operator' ? 'operator' : 'user'}:${caller.userId}`;
}
