/** The types of every answer of recharge, from its document alone: not one key more, not one less. */
import * as z from 'zod';

const id = z.int().positive();
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
/** Yuan, as the number nearest to its hundredths. */
const yuan = z
  .number()
  .positive()
  .refine((value) => Math.round(value * 100) / 100 === value);

const answer = <Data extends z.ZodType>(data: Data) =>
  z.strictObject({ code: z.literal(0), message: z.literal('success'), data });

const order = z.strictObject({
  id,
  order_number: z.string().regex(/^ORD20\d{20}$/),
  product_id: id,
  customer_id: id,
  quantity: id,
  total_amount: yuan,
  status: z.enum([
    'pending_payment',
    'pending_recharge',
    'recharging',
    'success',
    'failed',
    'refunded',
    'cancelled',
    'partial',
    'split',
  ]),
  payment_method: z.enum(['alipay', 'wechat']),
  remark: z.string(),
  created_at: time,
  updated_at: time,
});

export const orderAnswer = answer(order);

export const listAnswer = answer(z.strictObject({ total: z.int().nonnegative(), items: z.array(order).max(100) }));

export const splitAnswer = answer(z.strictObject({ split_order_ids: z.array(id).min(2) }));

export const doneAnswer = answer(z.null());

const payment_id = z.string().regex(/^ORD20\d{24}$/);

export const orderStringAnswer = answer(z.strictObject({ payment_id, order_str: z.string().min(1) }));

export const alipayCodeAnswer = answer(z.strictObject({ payment_id, qr_code: z.url() }));

export const wechatCodeAnswer = answer(z.strictObject({ payment_id, code_url: z.string().startsWith('weixin://') }));
