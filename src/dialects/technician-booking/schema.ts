/** What clients of technician booking send, and what operators keep in its catalogue. */

import * as z from 'zod';
import type { CatalogItem, CatalogRef } from '../../core/catalog/catalog.ts';
import { MAX_AMOUNT_FEN } from '../../core/money.ts';

/** A whole number, also as the digits of one: its clients send forms as well as JSON. */
function integer(min: number, max: number) {
  const error = `必须是 ${min} 到 ${max} 之间的整数`;
  const digits = z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number);
  return z
    .union([z.number({ error }), digits], {
      error: (issue) => (issue.input === undefined ? '不能为空' : error),
    })
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, { error });
}

const payType = z.union([z.literal(1), z.literal(2)]);
const MAX_ID = Number.MAX_SAFE_INTEGER;

/** Far more pages than anybody has orders for, and few enough that skipping them costs the database nothing. */
const MAX_PAGE = 1_000_000;

/** A field that is not the call's own is refused: silently dropped, it would look as if it had counted. */
const body: z.core.$ZodObjectParams = {
  error: ({ code }) => (code === 'unrecognized_keys' ? '不是该接口的参数' : '必须是一个对象'),
};

/** `POST /V1/order`. `pay_type`: 1 Alipay, 2 WeChat. */
export const placeSchema = z.strictObject(
  {
    service_id: integer(1, MAX_ID),
    technician_id: integer(1, MAX_ID),
    order_duration: integer(1, 10),
    pay_type: integer(1, 2).pipe(payType),
  },
  body,
);

/** `GET /V1/order`. `order_type` is no status: see the table of the contract page. */
export const listSchema = z.object({
  page: integer(1, MAX_PAGE).default(1),
  order_type: integer(1, 5),
});

/** `POST /V1/order/pay` and `POST /V1/order/pay/refund`. A text that is no order's number is an unknown order. */
export const orderIdSchema = z.strictObject(
  {
    order_id: z
      .string({ error: (issue) => (issue.input === undefined ? '不能为空' : '必须是字符串') })
      .min(1, { error: '不能为空' })
      .max(64, { error: '格式不正确' }),
  },
  body,
);

/** What an order keeps of its request. */
export const detailsSchema = z.object({
  serviceId: z.number(),
  technicianId: z.number(),
  orderDuration: z.number(),
  payType,
});
export type BookingDetails = z.output<typeof detailsSchema>;

/** Words that a person reads, here and in the cashier: no control characters, and no half of a pair. */
const text = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}\p{Bidi_Control}]+$/u, { error: 'must be plain text' });

/** `booking-services` in the catalogue: price in fen for one hour. */
export const serviceSchema = z.strictObject({
  uuid: text,
  technicianId: z.int().positive(),
  title: text,
  thumbMin: z.string().max(1024),
  tourPriceFen: z.int().nonnegative().max(MAX_AMOUNT_FEN),
  soldCount: z.int().nonnegative().optional(),
});

/** `technicians` in the catalogue. */
export const technicianSchema = z.strictObject({
  uuid: text,
  name: text,
  avatar: z.string().max(1024),
});

/** The ids of both kinds: the documents show them as numbers. */
export const catalogIdSchema = z.string().regex(/^[1-9]\d{0,14}$/, { error: 'must be a positive whole number' });

export const SERVICES = 'booking-services';
export const TECHNICIANS = 'technicians';

/** The two catalogue rows of an order. */
export function refsOf(order: { serviceId: number; technicianId: number }): [CatalogRef, CatalogRef] {
  return [
    { kind: SERVICES, id: String(order.serviceId) },
    { kind: TECHNICIANS, id: String(order.technicianId) },
  ];
}

/** The first row of a kind, read by its schema; `null` where the order has none. */
export function readItem<Schema extends z.ZodType>(
  items: readonly CatalogItem[],
  kind: string,
  schema: Schema,
): { id: number; body: z.output<Schema> } | null {
  const item = items.find((one) => one.kind === kind);
  return item ? { id: Number(item.id), body: schema.parse(item.body) } : null;
}
