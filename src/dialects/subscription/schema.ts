/** What clients of subscriptions send, and what an order keeps of its own. JSON and forms count alike. */

import * as z from 'zod';
import { ownFields } from '../../http/input-words.ts';
import { AUTH_DATA } from '../../http/read-auth-data.ts';
import { CYCLES, LISTS, type Status } from './status.ts';

/** What clients are told of their own fields: whole sentences, in words that the panel has in both its languages. */
export const FIELD_WORDS = {
  planMissing: '套餐 ID 不能为空',
  planWrong: '套餐 ID 参数有误',
  cycleMissing: '套餐周期不能为空',
  cycleWrong: '套餐周期参数有误',
  couponWrong: '优惠券参数有误',
  orderMissing: '订单号不能为空',
  orderWrong: '订单号参数有误',
  methodWrong: '支付方式参数有误',
  statusWrong: '订单状态参数有误',
} as const;

const missingOr = (missing: string, wrong: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? missing : wrong;

/** What was left blank counts as left out, and the token may be among the fields. Anything but an object stays itself. */
function fieldsSaid(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([field, said]) => field !== AUTH_DATA && said !== '' && said !== null),
  );
}

/** A body of these fields, and no others. */
function bodyOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(fieldsSaid, z.strictObject(shape, ownFields));
}

/** A query of these parameters. What else it says is nobody's business. */
function queryOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(fieldsSaid, z.object(shape));
}

/** A whole number from 1, also as its digits. */
function numberOrDigits(missing: string, wrong: string) {
  const error = missingOr(missing, wrong);
  const digits = z
    .string()
    .regex(/^\d{1,16}$/, { error: wrong })
    .transform(Number);
  return z
    .union([z.number({ error }), digits], { error })
    .refine((value) => Number.isSafeInteger(value) && value >= 1, { error: wrong });
}

const { planMissing, planWrong, cycleMissing, cycleWrong, couponWrong } = FIELD_WORDS;
const { orderMissing, orderWrong, methodWrong, statusWrong } = FIELD_WORDS;

const orNull = (value: string | undefined) => value ?? null;

/** `POST …/save`. A code that no coupon has is none that can be used: any is let through. */
export const saveSchema = bodyOf({
  plan_id: numberOrDigits(planMissing, planWrong),
  cycle: z.enum(CYCLES, { error: missingOr(cycleMissing, cycleWrong) }),
  coupon_code: z.string({ error: couponWrong }).optional().transform(orNull),
});

/** What somebody orders. */
export type Saved = z.output<typeof saveSchema>;

/** A text that is no order's number is an unknown order. */
const tradeNo = z.string({ error: missingOr(orderMissing, orderWrong) });

/** `POST …/checkout`. A method that is no number is none that can be used; what costs nothing needs none. */
export const checkoutSchema = bodyOf({
  trade_no: tradeNo,
  method: z
    .union([z.number(), z.string()], { error: methodWrong })
    .optional()
    .transform((value) => (/^[1-9]\d{0,14}$/.test(String(value)) ? String(value) : null)),
});

/** `POST …/cancel`. */
export const cancelSchema = bodyOf({ trade_no: tradeNo });

/** `GET …/check` and `GET …/details`. */
export const orderSchema = queryOf({ trade_no: tradeNo });

const isStatus = (value: number): value is Status => value in LISTS;

/** `GET …/fetch`. */
export const fetchSchema = queryOf({
  status: z
    .string({ error: statusWrong })
    .regex(/^\d$/, { error: statusWrong })
    .transform(Number)
    .refine(isStatus, { error: statusWrong })
    .optional(),
});

/** What an order keeps that the core does not know: what of the plan was ordered, and how the amount came about. */
export const factsSchema = z.object({
  cycle: z.enum(CYCLES),
  discountFen: z.number().nullable(),
  inviterId: z.number().nullable(),
  surplusOrderIds: z.array(z.number()).nullable(),
});

/** The same, as it is written. */
export type OrderFacts = z.output<typeof factsSchema>;
