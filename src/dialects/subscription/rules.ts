/** The names of the panel's own rules, where one reason of the core covers several. */

/** Why a plan is not sold, why a coupon cannot be used, and why an order cannot be paid. */
export const RULES = [
  // a plan
  'sold_out',
  'not_renewable',
  'no_price',
  'nothing_to_reset',
  // a coupon
  'invalid',
  'not_begun',
  'ended',
  'used_up',
  'used_up_by_user',
  'other_plan',
  // an order
  'not_payable',
] as const;

/** One of them. */
export type Rule = (typeof RULES)[number];
