/** The types of every answer of subscriptions, from the document's tables: not one key more, not one less. */
import * as z from 'zod';

const id = z.int().positive();
const fen = z.int().nonnegative();
const fenOrNone = fen.nullable();
const orderNo = z.string().regex(/^20\d{20}$/);
/** Unix seconds: a number of milliseconds would be too large. */
const time = z.int().min(1_000_000_000).max(9_999_999_999);

export const savedAnswer = z.strictObject({ data: orderNo });

export const checkoutAnswer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal(-1), data: z.literal(true) }),
  z.strictObject({ type: z.literal(0), data: z.string().regex(/^(?:https:\/\/qr\.alipay\.com|weixin:\/\/)/) }),
  z.strictObject({ type: z.literal(1), data: z.url({ protocol: /^https$/ }) }),
]);

export const cancelledAnswer = z.strictObject({ data: z.literal(true) });

const status = z.int().min(0).max(4);

export const checkedAnswer = z.strictObject({ data: status });

export const methodsAnswer = z.strictObject({
  data: z.array(z.strictObject({ id, name: z.string().min(1), payment: z.string().min(1) })),
});

/** The names in the order of the contract. */
const planAnswer = z.strictObject({
  id,
  group_id: fen.nullable(),
  transfer_enable: fen.nullable(),
  name: z.string().min(1),
  show: z.union([z.literal(0), z.literal(1)]),
  sort: fen.nullable(),
  renew: z.union([z.literal(0), z.literal(1)]),
  content: z.string().nullable(),
  month_price: fenOrNone,
  quarter_price: fenOrNone,
  half_year_price: fenOrNone,
  year_price: fenOrNone,
  two_year_price: fenOrNone,
  three_year_price: fenOrNone,
  onetime_price: fenOrNone,
  reset_price: fenOrNone,
  reset_traffic_method: fen.nullable(),
  created_at: time,
  updated_at: time,
});

const cycle = z.enum([
  'month_price',
  'quarter_price',
  'half_year_price',
  'year_price',
  'two_year_price',
  'three_year_price',
  'onetime_price',
  'reset_price',
]);

const fields = {
  plan_id: id,
  coupon_id: id.nullable(),
  payment_id: id.nullable(),
  type: z.int().min(1).max(4),
  cycle,
  trade_no: orderNo,
  callback_no: z.string().min(1).nullable(),
  total_amount: fen,
  discount_amount: fenOrNone,
  surplus_amount: fenOrNone,
  refund_amount: z.int().positive().nullable(),
  balance_amount: z.int().positive().nullable(),
  surplus_order_ids: z.array(id).min(1).nullable(),
  status,
  commission_status: z.int().min(0).max(3),
  commission_balance: fen,
  paid_at: time.nullable(),
  created_at: time,
  updated_at: time,
  plan: planAnswer,
};

export const listedOrder = z.strictObject({ invite_user_id: id.nullable(), ...fields });

export const shownOrder = z.strictObject({
  id,
  invite_user_id: id.nullable(),
  user_id: id,
  ...fields,
  try_out_plan_id: z.literal(0),
});

export const fetchedAnswer = z.strictObject({ data: z.array(listedOrder).max(500) });

export const detailsAnswer = z.strictObject({ data: shownOrder });

/** The plan's names in the order of the contract. */
export const PLAN_KEYS = Object.keys(planAnswer.shape);
