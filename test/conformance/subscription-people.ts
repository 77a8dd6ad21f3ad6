/** People, plans and coupons that nobody else in a test file knows: written as an operator would write them. */
import * as z from 'zod';
import { type SubscriptionCustomer, subscriptionCustomer } from '../harness/subscription.ts';
import type { Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';

/** What a row may say beside what it says by default. */
type Fields = Record<string, unknown>;

let customers = 0;

/** A new user with these fields (`balanceFen`, `discountPercent`, `inviterId`, …), signed in. */
export async function newCustomer(shop: Shop, fields: Fields = {}): Promise<SubscriptionCustomer> {
  customers++;
  const userId = 30_000 + customers;
  await put(shop, `users/${userId}`, fields);
  return subscriptionCustomer(shop, userId);
}

let plans = 0;

/** A new plan that is on sale, at 2,000 fen a month unless the fields say otherwise; gives its number. */
export async function newPlan(shop: Shop, fields: Fields = {}): Promise<number> {
  plans++;
  const id = 7000 + plans;
  await put(shop, `plans/${id}`, {
    groupId: 1,
    transferEnable: 100,
    name: `套餐 ${id}`,
    show: 1,
    sort: null,
    renew: 1,
    content: null,
    monthPriceFen: 2000,
    ...fields,
  });
  return id;
}

let coupons = 0;

/** A new coupon that takes 10 % off, unless the fields say otherwise; gives its code and its number. */
export async function newCoupon(shop: Shop, fields: Fields = {}): Promise<{ id: number; code: string }> {
  coupons++;
  const id = 8000 + coupons;
  const code = `COUPON${id}`;
  const terms = 'valueFen' in fields ? { type: 'fixed' } : { type: 'percent', percent: 10 };
  await put(shop, `coupons/${id}`, { code, name: `优惠券 ${id}`, ...terms, enabled: true, ...fields });
  return { id, code };
}

const entry = z.looseObject({
  kind: z.string(),
  amountFen: z.int(),
  balanceFen: z.int().nonnegative(),
  orderNo: z.string().nullable(),
});
const account = z.looseObject({ balanceFen: z.int().nonnegative(), ledger: z.array(entry) });

/** A user's balance, and the rows of their ledger as `kind amount`, oldest first. */
export async function accountOf(shop: Shop, userId: number): Promise<{ balanceFen: number; ledger: string[] }> {
  const { json } = await operatorOf(shop).get(`/catalog/users/${userId}`);
  const { balanceFen, ledger } = account.parse(json);
  return { balanceFen, ledger: ledger.map(({ kind, amountFen }) => `${kind} ${amountFen}`).toReversed() };
}

/** Writes a row, or the fields of one that are to change. */
export async function put(shop: Shop, path: string, body: Fields): Promise<void> {
  const { status, text } = await operatorOf(shop).put(`/catalog/${path}`, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
}
