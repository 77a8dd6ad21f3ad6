/** What a plan is offered for to a user: the rules of the panel, the price, and what opening the order will do. */

import type { Account } from '../../core/balance/account.ts';
import type { AccountOffer } from '../../core/balance/place-on-account.ts';
import type { CatalogItem, CatalogRef } from '../../core/catalog/catalog.ts';
import type { CommissionTerms } from '../../core/commission/commission-terms.ts';
import { accept, type Result } from '../../core/errors.ts';
import type { Fen } from '../../core/money.ts';
import { runningPlan, type SubscriptionEffect } from '../../core/subscription/subscription.ts';
import { unusedValueOf } from '../../core/subscription/unused-value.ts';
import { itemOf, planRef, planSchema, priceOf, readUser, userRef } from './catalog-rows.ts';
import { checkCoupon, type UsableCoupon } from './check-coupon.ts';
import { checkPlan } from './check-plan.ts';
import { priceOrder, type Reduction } from './pricing.ts';
import type { OrderFacts, Saved } from './schema.ts';
import { COMMISSION_WAIT_MS, type Cycle, MONTHS } from './status.ts';

/** Who wants what, and what an inviter gets who has no share of their own. */
export type Wish = { userId: string; input: Saved; commissionBps: number };

/** The rows that an order is priced by: the plan, and who orders it. */
export function refsOf({ userId, input }: Wish): CatalogRef[] {
  return [planRef(input.plan_id), userRef(userId)];
}

/** The rows that those name: the inviter. */
export function relatedRefsOf(items: readonly CatalogItem[], { userId }: Wish): CatalogRef[] {
  const inviterId = inviterOf(items, userId);
  return inviterId === null ? [] : [userRef(inviterId)];
}

/** The offer, or why there is none. */
export function offerOf(
  { userId, input, commissionBps }: Wish,
  items: readonly CatalogItem[],
  account: Account,
  nowMs: number,
): Result<AccountOffer> {
  const { plan_id: planId, cycle } = input;
  const item = itemOf(items, planRef(planId));
  const plan = item && planSchema.parse(item.body);
  const running = runningPlan(account.standing, nowMs)?.planId ?? null;
  const notSold = checkPlan(plan, cycle, running === String(planId));
  if (plan === null || notSold !== null) return { ok: false, refusal: notSold ?? { reason: 'item_not_found' } };
  const usable = input.coupon_code === null ? accept(null) : checkCoupon(account.coupon, planId, nowMs);
  if (!usable.ok) return usable;

  const effect = effectOf(cycle, running, String(planId));
  const absorbed = effect === 'replace' ? account.standing : [];
  const surplusFen = unusedValueOf(absorbed, nowMs);
  const inviterId = inviterOf(items, userId);
  const amounts = priceOrder({
    priceFen: priceOf(plan, cycle) ?? 0,
    coupon: reductionOf(usable.value),
    userPercent: readUser(items, userId).discountPercent ?? 0,
    unusedFen: surplusFen,
    balanceFen: account.balanceFen,
    commissionBps: inviterId === null ? 0 : (readUser(items, inviterId).commissionBps ?? commissionBps),
  });
  const details: OrderFacts = {
    cycle,
    discountFen: amounts.discountFen,
    inviterId: inviterId === null ? null : Number(inviterId),
    surplusOrderIds: absorbed.length === 0 ? null : absorbed.map(({ id }) => id),
  };
  return accept({
    amountFen: amounts.amountFen,
    subject: plan.name,
    details,
    commission: commissionTo(inviterId, amounts.commissionFen),
    balanceFen: amounts.balanceFen,
    couponId: usable.value?.id ?? null,
    subscription: {
      planId: String(planId),
      effect,
      months: MONTHS[cycle],
      surplusFen,
      creditFen: amounts.creditFen,
    },
    absorbs: absorbed.map(({ orderNo, version }) => ({ orderNo, version })),
  });
}

/** What is bought beside another plan takes its place. */
function effectOf(cycle: Cycle, running: string | null, planId: string): SubscriptionEffect {
  if (cycle === 'reset_price') return 'reset';
  if (running === null) return 'begin';
  return running === planId ? 'extend' : 'replace';
}

/** Nobody invites themself. */
function inviterOf(items: readonly CatalogItem[], userId: string): string | null {
  const { inviterId } = readUser(items, userId);
  return inviterId === undefined || inviterId === userId ? null : inviterId;
}

function reductionOf(usable: UsableCoupon | null): Reduction | null {
  if (usable === null) return null;
  const { type, valueFen, percent } = usable.coupon;
  return type === 'fixed' ? { type, valueFen: valueFen ?? 0 } : { type, percent: percent ?? 0 };
}

/** A share of nothing is none. */
function commissionTo(inviterId: string | null, amountFen: Fen): CommissionTerms | null {
  return inviterId === null || amountFen === 0 ? null : { to: inviterId, amountFen, payoutAfterMs: COMMISSION_WAIT_MS };
}
