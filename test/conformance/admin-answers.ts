/** The shapes of every answer of the operator API, from the contract's lists of fields: not one key more or less. */
import * as z from 'zod';

const time = z.iso.datetime({ precision: 3 });
const fen = z.int().nonnegative();
const orderNo = z.string().regex(/^20\d{20}$/);
const outTradeNo = z.string().regex(/^20\d{24}$/);
const actor = z.string().regex(/^(?:(?:user|operator|provider):.+|system)$/);
const cursor = z.string().min(1).nullable();
const orderStatus = z.enum([
  'pending_payment',
  'paid',
  'completed',
  'cancelled',
  'expired',
  'refunded',
  'split',
  'absorbed',
]);

export const orderAnswer = z.strictObject({
  orderNo,
  dialect: z.literal('technician-booking'),
  userId: z.string(),
  status: orderStatus,
  fulfilment: z.enum(['unfulfilled', 'in_progress', 'partially_fulfilled', 'fulfilled', 'failed']),
  amountFen: fen,
  paidFen: fen,
  refundedFen: fen,
  createdAt: time,
  expiresAt: time,
  paidAt: time.nullable(),
  completedAt: time.nullable(),
  version: z.int().positive(),
});

const attempt = z.strictObject({
  outTradeNo,
  provider: z.literal('alipay'),
  kind: z.literal('app_order_string'),
  status: z.enum(['opening', 'pending', 'paid', 'closed', 'failed']),
  amountFen: fen,
  transactionId: z.string().min(1).nullable(),
  createdAt: time,
  expiresAt: time,
  paidAt: time.nullable(),
});

export const refundAnswer = z.strictObject({
  refundNo: z.string().regex(/^20\d{26}$/),
  orderNo,
  outTradeNo,
  status: z.enum(['requested', 'processing', 'succeeded', 'failed', 'rejected']),
  amountFen: fen,
  reason: z.string().nullable(),
  requestedBy: actor,
  decidedBy: actor.nullable(),
  createdAt: time,
  finishedAt: time.nullable(),
});

const event = z.strictObject({
  seq: z.int().positive(),
  at: time,
  actor,
  type: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  reason: z.string().nullable(),
});

export const historyAnswer = z.strictObject({
  order: orderAnswer,
  attempts: z.array(attempt),
  refunds: z.array(refundAnswer),
  log: z.array(event).min(1),
  commission: z.null(),
  details: z.record(z.string(), z.json()),
});

export const queriedAnswer = z.strictObject({ result: z.enum(['paid', 'open', 'over']), attempt });

export const notificationAnswer = z.strictObject({
  id: z.int().positive(),
  type: z.string(),
  orderNo,
  seq: z.int().positive(),
  status: z.enum(['pending', 'delivered', 'parked']),
  tries: z.int().nonnegative(),
  nextAt: time.nullable(),
  deliveredAt: time.nullable(),
  lastError: z.string().nullable(),
});

export const redeliveredAnswer = z.strictObject({ id: z.int().positive(), status: z.literal('pending') });

export const serviceAnswer = z.strictObject({
  id: z.string(),
  uuid: z.string(),
  technicianId: z.int(),
  title: z.string(),
  thumbMin: z.string(),
  tourPriceFen: fen,
  soldCount: fen.optional(),
});

const page = <Item extends z.ZodType>(item: Item) => z.strictObject({ items: z.array(item), nextCursor: cursor });

export const orderPage = page(orderAnswer);
export const refundPage = page(refundAnswer);
export const notificationPage = page(notificationAnswer);
export const servicePage = page(serviceAnswer);
export const technicianPage = page(
  z.strictObject({ id: z.string(), uuid: z.string(), name: z.string(), avatar: z.string() }),
);
