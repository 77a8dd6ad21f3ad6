/** What clients of technician booking send, and what operators keep in its catalogue. */

import * as z from 'zod';
import type { CatalogItem, CatalogRef } from '../../core/catalog/catalog.ts';
import { MAX_AMOUNT_FEN } from '../../core/money.ts';
import { catalogLine } from '../../http/catalog-kind.ts';
import { MISSING, orMissing, ownFields } from '../../http/input-words.ts';

/** A whole number, also as the digits of one: its clients send forms as well as JSON. */
function integer(min: number, max: number) {
  const error = `必须是 ${min} 到 ${max} 之间的整数`;
  const digits = z
    .string()
    .regex(/^\d{1,15}$/, { error })
    .transform(Number);
  return z
    .union([z.number({ error }), digits], { error: orMissing(error) })
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, { error });
}

const payType = z.union([z.literal(1), z.literal(2)]);
const MAX_ID = Number.MAX_SAFE_INTEGER;

/** Far more pages than anybody has orders for, and few enough that skipping them costs the database nothing. */
const MAX_PAGE = 1_000_000;

/** `POST /V1/order`. `pay_type`: 1 Alipay, 2 WeChat. */
export const placeSchema = z.strictObject(
  {
    service_id: integer(1, MAX_ID),
    technician_id: integer(1, MAX_ID),
    order_duration: integer(1, 10),
    pay_type: integer(1, 2).pipe(payType),
  },
  ownFields,
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
      .string({ error: orMissing('必须是字符串') })
      .min(1, { error: MISSING })
      .max(64, { error: '格式不正确' }),
  },
  ownFields,
);

/** What an order keeps of its request. */
export const detailsSchema = z.object({
  serviceId: z.number(),
  technicianId: z.number(),
  orderDuration: z.number(),
  payType,
});
export type BookingDetails = z.output<typeof detailsSchema>;

/** `booking-services` in the catalogue: price in fen for one hour. */
export const serviceSchema = z.strictObject({
  uuid: catalogLine,
  technicianId: z.int().positive(),
  title: catalogLine,
  thumbMin: z.string().max(1024),
  tourPriceFen: z.int().nonnegative().max(MAX_AMOUNT_FEN),
  soldCount: z.int().nonnegative().optional(),
});

/** `technicians` in the catalogue. */
export const technicianSchema = z.strictObject({
  uuid: catalogLine,
  name: catalogLine,
  avatar: z.string().max(1024),
});

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
