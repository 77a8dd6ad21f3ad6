/** The catalogue of subscriptions: what operators keep in it, and how an order reads it. */

import * as z from 'zod';
import { COUPONS } from '../../core/balance/account.ts';
import type { CatalogItem, CatalogRef } from '../../core/catalog/catalog.ts';
import { type Fen, MAX_AMOUNT_FEN } from '../../core/money.ts';
import { catalogLine, type CatalogKind, numericRowId } from '../../http/catalog-kind.ts';
import { PLAIN } from '../../http/plain-text.ts';
import { userSchema, USERS } from '../users.ts';
import { PAYMENT_MODULES } from './payment-modules.ts';
import type { Cycle } from './status.ts';

export const PLANS = 'plans';
export const PAYMENT_METHODS = 'payment-methods';

/** A switch as the panel writes it: 0 or 1. */
const flag = z
  .union([z.literal(0), z.literal(1), z.boolean()], { error: 'must be 0, 1, true or false' })
  .transform((value): 0 | 1 => (value === true || value === 1 ? 1 : 0));

/** A price that is left out, or `null`, is none: the plan is not sold by that cycle. 0 is a price. */
const price = z.int().nonnegative().max(MAX_AMOUNT_FEN).nullish();

/** The field of a plan that each cycle costs. */
export const PRICE_FIELDS = {
  month_price: 'monthPriceFen',
  quarter_price: 'quarterPriceFen',
  half_year_price: 'halfYearPriceFen',
  year_price: 'yearPriceFen',
  two_year_price: 'twoYearPriceFen',
  three_year_price: 'threeYearPriceFen',
  onetime_price: 'onetimePriceFen',
  reset_price: 'resetPriceFen',
} as const satisfies Readonly<Record<Cycle, string>>;

const wholeNumber = z.int().nonnegative();

/** `plans` in the catalogue. One that says nothing of it is on sale, and may be renewed. */
export const planSchema = z.strictObject({
  groupId: wholeNumber.nullish(),
  /** The traffic of a period, in GB. */
  transferEnable: wholeNumber.nullish(),
  name: catalogLine,
  show: flag.optional(),
  sort: wholeNumber.nullish(),
  renew: flag.optional(),
  content: z.string().max(20_000).regex(PLAIN, { error: 'must be plain text' }).nullish(),
  monthPriceFen: price,
  quarterPriceFen: price,
  halfYearPriceFen: price,
  yearPriceFen: price,
  twoYearPriceFen: price,
  threeYearPriceFen: price,
  onetimePriceFen: price,
  resetPriceFen: price,
  /** When the traffic begins anew, in the panel's own numbers. */
  resetTrafficMethod: wholeNumber.nullish(),
});

/** The code that customers type: signs without blanks. */
const couponCode = z.string().regex(/^[^\p{C}\p{Z}]{1,64}$/u, { error: 'must be 1 to 64 characters without blanks' });

const TIME_WORDS = 'must be an ISO 8601 time with its zone, or unix seconds';
const MAX_UNIX_SECONDS = 99_999_999_999;

/** A moment: kept, and shown, as ISO 8601 in UTC. */
const time = z
  .union(
    [
      z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
      z
        .int()
        .nonnegative()
        .max(MAX_UNIX_SECONDS)
        .transform((seconds) => seconds * 1000),
    ],
    { error: TIME_WORDS },
  )
  .transform((ms) => new Date(ms).toISOString());

const count = z.int().min(1).nullish();

const MAX_PLANS = 200;

/** `coupons` in the catalogue. A limit that is left out, or `null`, is none. */
export const couponSchema = z
  .strictObject({
    code: couponCode,
    name: catalogLine,
    type: z.enum(['fixed', 'percent']),
    valueFen: z.int().nonnegative().max(MAX_AMOUNT_FEN).nullish(),
    percent: z.int().min(0).max(100).nullish(),
    limitUse: count,
    limitUsePerUser: count,
    planIds: z.array(z.int().min(1)).min(1).max(MAX_PLANS).nullish(),
    startsAt: time.nullish(),
    endsAt: time.nullish(),
    enabled: z.boolean().optional(),
  })
  .refine(({ type, valueFen }) => type !== 'fixed' || typeof valueFen === 'number', {
    path: ['valueFen'],
    error: 'is what a coupon of the type fixed takes off',
  })
  .refine(({ type, percent }) => type !== 'percent' || typeof percent === 'number', {
    path: ['percent'],
    error: 'is what a coupon of the type percent takes off',
  })
  .refine(({ startsAt, endsAt }) => !startsAt || !endsAt || startsAt < endsAt, {
    path: ['endsAt'],
    error: 'must be after startsAt',
  });

/** `payment-methods` in the catalogue: a name for customers, and the module behind it. */
export const paymentMethodSchema = z.strictObject({
  name: catalogLine,
  payment: z.enum(PAYMENT_MODULES),
  enabled: z.boolean().optional(),
});

/** The kinds that this dialect declares. */
export const KINDS: Readonly<Record<string, CatalogKind>> = {
  [PLANS]: { id: numericRowId, body: planSchema },
  [COUPONS]: { id: numericRowId, body: couponSchema, unique: 'code' },
  [PAYMENT_METHODS]: { id: numericRowId, body: paymentMethodSchema },
};

export type Plan = z.output<typeof planSchema>;
export type Coupon = z.output<typeof couponSchema>;

/** The row of a plan, and the row of a user. */
export const planRef = (planId: number): CatalogRef => ({ kind: PLANS, id: String(planId) });
export const userRef = (userId: string): CatalogRef => ({ kind: USERS, id: userId });

/** The row of this name among others. */
export function itemOf(items: readonly CatalogItem[], { kind, id }: CatalogRef): CatalogItem | null {
  return items.find((item) => item.kind === kind && item.id === id) ?? null;
}

/** What a plan costs by a cycle; `null`: it is not sold by it. */
export function priceOf(plan: Plan, cycle: Cycle): Fen | null {
  return plan[PRICE_FIELDS[cycle]] ?? null;
}

/** What of a user's row an order is priced by; of a user without a row, nothing. */
const userTerms = userSchema.pick({ inviterId: true, discountPercent: true, commissionBps: true }).strip();

/** Who invited a user, what they always get off, and what share they get. */
export function readUser(items: readonly CatalogItem[], userId: string): z.output<typeof userTerms> {
  return userTerms.parse(itemOf(items, userRef(userId))?.body ?? {});
}
