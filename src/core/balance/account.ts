/** What a user has here beside their orders: a balance, what is running for them, and what stands in the way. */

import type { CatalogItem } from '../catalog/catalog.ts';
import type { Fen } from '../money.ts';
import type { StandingOrder, SubscriptionTerms } from '../subscription/subscription.ts';

/** The catalogue's kind of coupons. Each has a `code` that no other has. */
export const COUPONS = 'coupons';

/** A coupon that somebody wants to use, and how often it has been: by all, and by them. */
export type CouponInUse = { item: CatalogItem; uses: number; ownUses: number };

/** A user's account in one dialect, as it stood when it was read. */
export type Account = {
  balanceFen: Fen;
  /** The place of the user's last order: whoever writes the next one has seen all before it. */
  lastPlace: number;
  /** The order that is not paid or not opened yet. There is one at the most. */
  unfinished: { orderNo: string; isPayable: boolean; isPaid: boolean } | null;
  standing: readonly StandingOrder[];
  /** The coupon of the code that was asked for; `null`: there is none. */
  coupon: CouponInUse | null;
};

/** What an order takes from its user's account, in the same write that places it. */
export type AccountTerms = {
  /** What the balance pays of it, beside its amount. */
  balanceFen: Fen;
  couponId: string | null;
  subscription: SubscriptionTerms;
  /** The orders whose unused value it takes over: each must still be as it was valued. */
  absorbs: readonly Pick<StandingOrder, 'orderNo' | 'version'>[];
};
