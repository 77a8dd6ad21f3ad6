/** What clients of recharge send, and what operators keep in its catalogue. */

import * as z from 'zod';
import type { CatalogItem } from '../../core/catalog/catalog.ts';
import { MAX_AMOUNT_FEN } from '../../core/money.ts';
import type { Details } from '../../core/order/order.ts';
import type { WantedItem } from '../../core/order/place-order.ts';
import { catalogLine } from '../../http/catalog-kind.ts';
import { MISSING, orMissing, ownFields } from '../../http/input-words.ts';
import { plainText } from '../../http/plain-text.ts';
import { yuanAmount } from '../../http/yuan-amount.ts';
import { USERS } from '../users.ts';
import { PAYMENT_METHODS, STATUSES } from './status.ts';

/** A whole number. Its digits as a text are none: the document's bodies are JSON. */
function integer(min: number, max: number) {
  const error = `必须是 ${min} 到 ${max} 之间的整数`;
  return z
    .number({ error: orMissing(error) })
    .refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, { error });
}

const rowId = integer(1, Number.MAX_SAFE_INTEGER);

/** Few enough that no product of a price or an amount with it is more than a number can hold exactly. */
const MAX_QUANTITY = 9999;
const quantity = integer(1, MAX_QUANTITY);

const AMOUNT_WORDS = `必须是大于 0、不超过 ${MAX_AMOUNT_FEN / 100} 的数字，单位为元，最多两位小数`;

const amount = yuanAmount(AMOUNT_WORDS);

const MAX_CHARACTERS = 500;

const saysSomething = (value: string) => value.trim() !== '';

/** A reason that has to be given, and a remark that need not be: one that says nothing is none. */
const reason = plainText(1, MAX_CHARACTERS).refine(saysSomething, { error: MISSING });
const remark = plainText(0, MAX_CHARACTERS)
  .default('')
  .transform((value) => (saysSomething(value) ? value : null));

const TIME_WORDS = '必须是 RFC 3339 格式的真实时间，例如 2024-03-15T10:00:00Z';

/** A moment, UTC ms. RFC 3339 takes its letters in either case. */
const time = z
  .string({ error: orMissing(TIME_WORDS) })
  .toUpperCase()
  .pipe(z.iso.datetime({ offset: true, error: TIME_WORDS }))
  .transform((written) => Date.parse(written));

/** A number that somebody else has given, and that is kept as it is. */
function foreignNumber(pattern: RegExp, error: string) {
  return z.string({ error: orMissing(error) }).regex(pattern, { error });
}

/** `POST /api/v1/order/create`. */
export const createSchema = z.strictObject(
  {
    product_id: rowId,
    customer_id: rowId,
    quantity,
    total_amount: amount,
    payment_method: z.enum(PAYMENT_METHODS, { error: orMissing(`必须是 ${PAYMENT_METHODS.join(' 或 ')}`) }),
    // Shown as it was sent, blanks and all.
    remark: plainText(0, MAX_CHARACTERS).default(''),
  },
  ownFields,
);

/** What somebody orders. */
export type Created = z.output<typeof createSchema>;

/** `PUT /api/v1/order/:id/status`. Whoever calls a recharge failed says why. */
export const statusSchema = z
  .strictObject(
    { status: z.enum(STATUSES, { error: orMissing(`必须是 ${STATUSES.join('、')} 之一`) }), remark },
    ownFields,
  )
  .refine((update) => update.status !== 'failed' || update.remark !== null, { path: ['remark'], error: MISSING });

/** `POST /api/v1/order/:id/pay`. An order that is paid at WeChat is a code in any case. */
export const paySchema = z.strictObject({ scene: z.literal('qr', { error: '必须是 qr' }).optional() }, ownFields);

/** `POST /api/v1/order/:id/payment`. */
export const paymentSchema = z.strictObject(
  {
    payment_id: foreignNumber(/^[\x21-\x7e]{1,64}$/, '必须是 1 到 64 个可打印 ASCII 字符'),
    payment_time: time,
    remark,
  },
  ownFields,
);

const suppliersNumber = foreignNumber(
  /^[^\p{Cc}\p{Cs}\p{Bidi_Control}]{1,64}$/u,
  '必须是 1 到 64 个字符的文本，不含控制字符',
).refine(saysSomething, { error: MISSING });

/** `POST /api/v1/order/:id/recharge`. */
export const rechargeSchema = z.strictObject(
  { api_id: rowId, api_order_number: suppliersNumber, api_trade_num: suppliersNumber, remark },
  ownFields,
);

/** `POST /api/v1/order/:id/success`. */
export const successSchema = z.strictObject({ remark }, ownFields);

/** `POST /api/v1/order/:id/fail`. */
export const failSchema = z.strictObject({ remark: reason }, ownFields);

/** A reason, and a remark on a line of its own. */
function wordsOf(why: string, more: string | null): string {
  return more === null ? why : `${why}\n${more}`;
}

/** `POST /api/v1/order/:id/refund`. */
export const refundSchema = z
  .strictObject({ refund_amount: amount, refund_reason: reason, remark }, ownFields)
  .transform((wish) => ({ amountFen: wish.refund_amount, reason: wordsOf(wish.refund_reason, wish.remark) }));

/** `POST /api/v1/order/:id/cancel`. */
export const cancelSchema = z
  .strictObject({ cancel_reason: reason, remark }, ownFields)
  .transform((wish) => ({ reason: wordsOf(wish.cancel_reason, wish.remark) }));

/** One payment has no more refunds than that, so each part can still be given back. */
const MAX_PARTS = 50;
const PARTS_WORDS = `必须是 2 到 ${MAX_PARTS} 个部分的数组`;

/** `POST /api/v1/order/:id/split`. */
export const splitSchema = z.strictObject(
  {
    split_orders: z
      .array(z.strictObject({ quantity, amount }, ownFields), { error: orMissing(PARTS_WORDS) })
      .min(2, { error: PARTS_WORDS })
      .max(MAX_PARTS, { error: PARTS_WORDS }),
    remark,
  },
  ownFields,
);

/** `POST /api/v1/order/:id/partial`. */
export const partialSchema = z.strictObject(
  { recharged_quantity: quantity, remaining_quantity: quantity, remark },
  ownFields,
);

/** A parameter of a query: digits, within bounds. One that was given twice arrives as a list. */
function digits(min: number, max: number) {
  const error = `必须是 ${min} 到 ${max} 之间的整数`;
  return z
    .string({ error })
    .regex(/^\d{1,16}$/, { error })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
}

/** Far more than anybody has orders for; the number of the first order on it is exact. */
const MAX_PAGE = 10_000_000_000_000;
const MAX_PAGE_SIZE = 100;
const SECOND_MS = 1000;

/** The first millisecond of the second that a moment is in. */
const secondOf = (ms: number) => Math.floor(ms / SECOND_MS) * SECOND_MS;

/** `GET /api/v1/order/list`. A bound includes the whole second that it names: no time that is shown is finer. */
export const listSchema = z
  .object({
    customer_id: digits(1, Number.MAX_SAFE_INTEGER).optional(),
    status: z.enum(STATUSES, { error: `必须是 ${STATUSES.join('、')} 之一` }).optional(),
    start_time: time.optional(),
    end_time: time.optional(),
    page: digits(1, MAX_PAGE).default(1),
    page_size: digits(1, MAX_PAGE_SIZE).default(10),
  })
  .refine(({ start_time: start, end_time: end }) => start === undefined || end === undefined || start <= end, {
    path: ['start_time'],
    error: '不能晚于 end_time',
  })
  .transform(({ customer_id, status, start_time: start, end_time: end, page, page_size }) => ({
    customerId: customer_id ?? null,
    status: status ?? null,
    fromMs: start === undefined ? null : secondOf(start),
    toMs: end === undefined ? null : secondOf(end) + SECOND_MS - 1,
    page: { number: page, size: page_size },
  }));

/** What an order keeps in plain. A part of an order that was split names the one that it was split off. */
export const detailsSchema = z.object({
  productId: z.number(),
  quantity: z.number(),
  paymentMethod: z.enum(PAYMENT_METHODS),
  parentNo: z.string().optional(),
});

/** What an order keeps that is about a person: only ever sealed. */
const personalSchema = z.object({ remark: z.string() });

/** What is shown where its key is gone: an order must not get lost with it. */
const UNREADABLE = { remark: '' };

/** What an order keeps that is about a person, as it was opened. */
export function readPersonal(personal: Details | null): z.output<typeof personalSchema> {
  return personal === null ? UNREADABLE : personalSchema.parse(personal);
}

/** `products` in the catalogue: price in fen for one. */
export const productSchema = z.strictObject({ name: catalogLine, priceFen: z.int().nonnegative().max(MAX_AMOUNT_FEN) });

/** `suppliers` in the catalogue: who recharges. */
export const supplierSchema = z.strictObject({ name: catalogLine });

export const PRODUCTS = 'products';
export const SUPPLIERS = 'suppliers';

/** The rows that an order is for, in the order in which they are missed. */
export function refsOf({ product_id, customer_id }: Created): WantedItem[] {
  return [
    { kind: PRODUCTS, id: String(product_id), field: 'product_id' },
    { kind: USERS, id: String(customer_id), field: 'customer_id' },
  ];
}

/** The product among the rows of an order. */
export function readProduct(items: readonly CatalogItem[]): z.output<typeof productSchema> | null {
  const product = items.find(({ kind }) => kind === PRODUCTS);
  return product ? productSchema.parse(product.body) : null;
}
