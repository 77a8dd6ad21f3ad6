/** Whether a user may use a coupon for a plan now. */

import type { CouponInUse } from '../../core/balance/account.ts';
import { refuse, type Refusal } from '../../core/errors.ts';
import { type Coupon, couponSchema } from './catalog-rows.ts';
import type { Rule } from './rules.ts';

/** A coupon that may be used, by the number of its row. */
export type UsableCoupon = { id: string; coupon: Coupon };

/** Why not, in the order of the contract. How often it has been used is asked once more when the order is written. */
export function checkCoupon(
  inUse: CouponInUse | null,
  planId: number,
  nowMs: number,
): { ok: true; value: UsableCoupon } | { ok: false; refusal: Refusal } {
  if (inUse === null) return unusable('invalid');
  const { item, uses, ownUses } = inUse;
  const coupon = couponSchema.parse(item.body);
  const { startsAt, endsAt, limitUse, limitUsePerUser, planIds } = coupon;
  if (coupon.enabled === false) return unusable('invalid');
  if (startsAt && nowMs < Date.parse(startsAt)) return unusable('not_begun');
  if (endsAt && nowMs >= Date.parse(endsAt)) return unusable('ended');
  if (limitUse && uses >= limitUse) return unusable('used_up');
  if (planIds && !planIds.includes(planId)) return unusable('other_plan');
  if (limitUsePerUser && ownUses >= limitUsePerUser) return unusable('used_up_by_user', String(limitUsePerUser));
  return { ok: true, value: { id: item.id, coupon } };
}

function unusable(rule: Rule, message?: string): { ok: false; refusal: Refusal } {
  return refuse('coupon_unusable', message === undefined ? { rule } : { rule, message });
}
