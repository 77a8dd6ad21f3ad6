/** The tables as Drizzle knows them. The migrations are the truth; a test compares the two column by column. */

import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { BalanceChange } from '../core/balance/balance.ts';
import type { CatalogRef } from '../core/catalog/catalog.ts';
import type { ListedState } from '../core/order/listed-state.ts';
import type { AttemptStatus, FulfilmentStatus, OrderStatus, RefundStatus } from '../core/order/lifecycle.ts';
import type { Details } from '../core/order/order.ts';
import type { OrderEventType } from '../core/order/order-event.ts';
import type { NotificationStatus } from '../core/outbox/outbox.ts';
import type { Attempt } from '../core/payment/attempt.ts';
import type { SubscriptionTerms } from '../core/subscription/subscription.ts';

export const orders = sqliteTable('orders', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  orderNo: text('order_no').notNull(),
  dialect: text('dialect').notNull(),
  userId: text('user_id').notNull(),
  status: text('status').$type<OrderStatus>().notNull(),
  fulfilment: text('fulfilment').$type<FulfilmentStatus>().notNull(),
  amountFen: integer('amount_fen').notNull(),
  subject: text('subject').notNull(),
  details: text('details', { mode: 'json' }).$type<Details>().notNull(),
  items: text('items', { mode: 'json' }).$type<CatalogRef[]>().notNull(),
  saleOf: text('sale_of', { mode: 'json' }).$type<CatalogRef>(),
  payWith: text('pay_with'),
  createdAtMs: integer('created_at_ms').notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
  expiresAtMs: integer('expires_at_ms').notNull(),
  paidAtMs: integer('paid_at_ms'),
  completedAtMs: integer('completed_at_ms'),
  deletedAtMs: integer('deleted_at_ms'),
  version: integer('version').notNull(),
  lastCommitId: text('last_commit_id').notNull(),
  place: integer('place').notNull().default(0),
  commissionTo: text('commission_to'),
  refunding: integer('refunding', { mode: 'boolean' }).notNull().default(false),
  parentNo: text('parent_no'),
  heldBackFen: integer('held_back_fen').notNull().default(0),
  balanceFen: integer('balance_fen').notNull().default(0),
  couponId: text('coupon_id'),
  subscription: text('subscription', { mode: 'json' }).$type<SubscriptionTerms>(),
  shareFen: integer('share_fen'),
  shareWaitMs: integer('share_wait_ms'),
  sharePaidAtMs: integer('share_paid_at_ms'),
});

export const balanceEntries = sqliteTable('balance_entries', {
  userId: text('user_id').notNull(),
  seq: integer('seq').notNull(),
  atMs: integer('at_ms').notNull(),
  kind: text('kind').$type<BalanceChange>().notNull(),
  amountFen: integer('amount_fen').notNull(),
  balanceFen: integer('balance_fen').notNull(),
  orderNo: text('order_no'),
  actor: text('actor').notNull(),
  reason: text('reason'),
});

export const couponUses = sqliteTable('coupon_uses', {
  couponId: text('coupon_id').notNull(),
  userId: text('user_id').notNull(),
  uses: integer('uses').notNull(),
});

export const absorptions = sqliteTable('absorptions', {
  orderNo: text('order_no').notNull(),
  absorbedNo: text('absorbed_no').notNull(),
  version: integer('version').notNull(),
});

export const subscriptionPeriods = sqliteTable('subscription_periods', {
  orderNo: text('order_no').primaryKey(),
  userId: text('user_id').notNull(),
  dialect: text('dialect').notNull(),
  planId: text('plan_id').notNull(),
  startsAtMs: integer('starts_at_ms').notNull(),
  endsAtMs: integer('ends_at_ms'),
});

export const orderTallies = sqliteTable('order_tallies', {
  userId: text('user_id').notNull(),
  dialect: text('dialect').notNull(),
  listedState: text('listed_state').$type<ListedState>().notNull(),
  orders: integer('orders').notNull(),
});

export const personalData = sqliteTable('personal_data', {
  row: text('row_name').primaryKey(),
  keyId: text('key_id').notNull(),
  sealed: text('sealed').notNull(),
});

export const orderEvents = sqliteTable('order_events', {
  orderNo: text('order_no').notNull(),
  seq: integer('seq').notNull(),
  atMs: integer('at_ms').notNull(),
  actor: text('actor').notNull(),
  type: text('type').$type<OrderEventType>().notNull(),
  from: text('from_status'),
  to: text('to_status').notNull(),
  reason: text('reason'),
  orderStatus: text('order_status').$type<OrderStatus>().notNull(),
  orderFulfilment: text('order_fulfilment').$type<FulfilmentStatus>().notNull(),
  commitId: text('commit_id').notNull(),
  refunding: integer('refunding', { mode: 'boolean' }),
  heldBackFen: integer('held_back_fen'),
  facts: text('facts', { mode: 'json' }).$type<Details>(),
});

export const paymentAttempts = sqliteTable('payment_attempts', {
  outTradeNo: text('out_trade_no').primaryKey(),
  orderNo: text('order_no').notNull(),
  provider: text('provider').notNull(),
  kind: text('kind').$type<Attempt['kind']>().notNull(),
  status: text('status').$type<AttemptStatus>().notNull(),
  amountFen: integer('amount_fen').notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
  expiresAtMs: integer('expires_at_ms').notNull(),
  payableUntilMs: integer('payable_until_ms').notNull(),
  paidAtMs: integer('paid_at_ms'),
  looks: integer('looks').notNull().default(0),
  lastLookAtMs: integer('last_look_at_ms'),
  nextLookAtMs: integer('next_look_at_ms'),
  leasedUntilMs: integer('leased_until_ms'),
  choice: text('choice'),
});

export const captures = sqliteTable('captures', {
  provider: text('provider').notNull(),
  transactionId: text('transaction_id').notNull(),
  outTradeNo: text('out_trade_no').notNull(),
  orderNo: text('order_no').notNull(),
  role: text('role').$type<'pays' | 'surplus'>().notNull(),
  amountFen: integer('amount_fen').notNull(),
  capturedAtMs: integer('captured_at_ms').notNull(),
  recordedAtMs: integer('recorded_at_ms').notNull(),
});

export const refunds = sqliteTable('refunds', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  refundNo: text('refund_no').notNull(),
  orderNo: text('order_no').notNull(),
  outTradeNo: text('out_trade_no').notNull(),
  provider: text('provider').notNull(),
  transactionId: text('transaction_id').notNull(),
  purpose: text('purpose').$type<'order' | 'surplus'>().notNull(),
  status: text('status').$type<RefundStatus>().notNull(),
  amountFen: integer('amount_fen').notNull(),
  reason: text('reason'),
  requestedBy: text('requested_by').notNull(),
  decidedBy: text('decided_by'),
  createdAtMs: integer('created_at_ms').notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
  finishedAtMs: integer('finished_at_ms'),
  looks: integer('looks').notNull().default(0),
  lastLookAtMs: integer('last_look_at_ms'),
  nextLookAtMs: integer('next_look_at_ms'),
});

export const outbox = sqliteTable('outbox', {
  id: integer('id').primaryKey({ autoIncrement: true }),
  orderNo: text('order_no').notNull(),
  seq: integer('seq').notNull(),
  status: text('status').$type<NotificationStatus>().notNull().default('pending'),
  tries: integer('tries').notNull().default(0),
  nextAtMs: integer('next_at_ms').notNull(),
  deliveredAtMs: integer('delivered_at_ms'),
  lastError: text('last_error'),
});

export const providerNotifications = sqliteTable('provider_notifications', {
  provider: text('provider').notNull(),
  notificationId: text('notification_id').notNull(),
  outTradeNo: text('out_trade_no').notNull(),
  transactionId: text('transaction_id'),
  amountFen: integer('amount_fen'),
  outcome: text('outcome').$type<'pays' | 'surplus' | 'unknown_number' | 'foreign' | 'amount_differs'>().notNull(),
  times: integer('times').notNull().default(1),
  firstAtMs: integer('first_at_ms').notNull(),
  lastAtMs: integer('last_at_ms').notNull(),
});

export const catalogItems = sqliteTable('catalog_items', {
  kind: text('kind').notNull(),
  id: text('id').notNull(),
  body: text('body', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  version: integer('version').notNull().default(1),
  createdAtMs: integer('created_at_ms').notNull(),
  updatedAtMs: integer('updated_at_ms').notNull(),
  removedAtMs: integer('removed_at_ms'),
});

export const idempotencyKeys = sqliteTable('idempotency_keys', {
  userId: text('user_id').notNull(),
  route: text('route').notNull(),
  key: text('key').notNull(),
  bodyHash: text('body_hash').notNull(),
  orderNo: text('order_no').notNull(),
  createdAtMs: integer('created_at_ms').notNull(),
});

export const jobRuns = sqliteTable('job_runs', {
  job: text('job').primaryKey(),
  ranAtMs: integer('ran_at_ms').notNull(),
});
