/** Whether a user may order a plan by a cycle. */

import { refuse, type Refusal } from '../../core/errors.ts';
import { type Plan, priceOf } from './catalog-rows.ts';
import type { Rule } from './rules.ts';
import type { Cycle } from './status.ts';

/** Why not, in the order in which the panel asks; `null`: they may. `isRunning`: this plan is what they have. */
export function checkPlan(plan: Plan | null, cycle: Cycle, isRunning: boolean): Refusal | null {
  if (plan === null) return refuse('item_not_found').refusal;
  const isReset = cycle === 'reset_price';
  // Whoever has a plan that is no longer shown keeps it: they may renew it if it says so, and reset its traffic.
  const mayKeep = isRunning && (isReset || plan.renew !== 0);
  if (plan.show === 0 && !mayKeep) return notForSale('sold_out');
  if (plan.renew === 0 && isRunning && !isReset) return notForSale('not_renewable');
  if (priceOf(plan, cycle) === null) return notForSale('no_price');
  return isReset && !isRunning ? notForSale('nothing_to_reset') : null;
}

function notForSale(rule: Rule): Refusal {
  return refuse('item_not_for_sale', { rule }).refusal;
}
