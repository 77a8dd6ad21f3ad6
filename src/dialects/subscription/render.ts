/** Renders what the core knows in the fields of the document, in their order. */

import { commissionOf } from '../../core/commission/commission.ts';
import type { CatalogItem } from '../../core/catalog/catalog.ts';
import type { Fen } from '../../core/money.ts';
import type { Order } from '../../core/order/order.ts';
import type { OrderView } from '../../core/order/order-store.ts';
import type { SubscriptionTerms } from '../../core/subscription/subscription.ts';
import { itemOf, planRef, planSchema } from './catalog-rows.ts';
import type { PaymentMethod } from './payment-methods.ts';
import { factsSchema } from './schema.ts';
import { commissionStatusOf, statusOf, TYPE } from './status.ts';

/** The envelope of every success. */
export function envelope<Data>(data: Data) {
  return { data };
}

/** An order of `fetch`: whose it is goes without saying. */
export function renderListed(view: OrderView, nowMs: number) {
  return { ...renderFields(view.order, nowMs), plan: renderPlan(view) };
}

/** An order of `details`. Nobody is on trial here. */
export function renderDetails(view: OrderView, nowMs: number) {
  const { order } = view;
  const { invite_user_id, ...fields } = renderFields(order, nowMs);
  return {
    id: order.id,
    invite_user_id,
    user_id: Number(order.userId),
    ...fields,
    plan: renderPlan(view),
    try_out_plan_id: 0,
  };
}

/** A payment method of `getPaymentMethod`. */
export function renderMethod({ id, name, payment }: PaymentMethod) {
  return { id, name, payment };
}

function renderFields(order: Order, nowMs: number) {
  const { cycle, discountFen, inviterId, surplusOrderIds } = factsSchema.parse(order.details);
  const { planId, effect, surplusFen, creditFen } = termsOf(order);
  return {
    invite_user_id: inviterId,
    plan_id: Number(planId),
    coupon_id: order.couponId === null ? null : Number(order.couponId),
    payment_id: order.choice === null ? null : Number(order.choice),
    type: TYPE[effect],
    cycle,
    trade_no: order.orderNo,
    callback_no: callbackNo(order),
    total_amount: order.amountFen,
    discount_amount: discountFen,
    surplus_amount: effect === 'replace' ? surplusFen : null,
    refund_amount: orNull(creditFen),
    balance_amount: orNull(order.balanceFen),
    surplus_order_ids: surplusOrderIds,
    status: statusOf(order, nowMs),
    commission_status: commissionStatusOf(order, nowMs),
    commission_balance: commissionLeft(order),
    paid_at: order.paidAtMs === null ? null : unixSeconds(order.paidAtMs),
    created_at: unixSeconds(order.createdAtMs),
    updated_at: unixSeconds(order.updatedAtMs),
  };
}

/** Every order of this dialect is one for a plan. */
function termsOf({ orderNo, subscription }: Order): SubscriptionTerms {
  if (subscription === null) throw new Error(`${orderNo} is no subscription`);
  return subscription;
}

/** The provider's number of the payment; what cost nothing has none but its own. */
function callbackNo({ amountFen, paidAtMs, orderNo, transactionId }: Order): string | null {
  return amountFen === 0 && paidAtMs !== null ? orderNo : transactionId;
}

/** The inviter's share, as far as refunds have left it. */
function commissionLeft(order: Order): Fen {
  const amountFen = order.commission?.amountFen ?? 0;
  return amountFen - (commissionOf(order)?.reversedFen ?? 0);
}

/** The plan as the catalogue has it now, also once it is no longer in it. */
function renderPlan({ order, items }: OrderView) {
  const item = itemOf(items, planRef(Number(termsOf(order).planId)));
  return item && renderPlanItem(item);
}

function renderPlanItem({ id, body, createdAtMs, updatedAtMs }: CatalogItem) {
  const plan = planSchema.parse(body);
  return {
    id: Number(id),
    group_id: plan.groupId ?? null,
    transfer_enable: plan.transferEnable ?? null,
    name: plan.name,
    show: plan.show ?? 1,
    sort: plan.sort ?? null,
    renew: plan.renew ?? 1,
    content: plan.content ?? null,
    month_price: plan.monthPriceFen ?? null,
    quarter_price: plan.quarterPriceFen ?? null,
    half_year_price: plan.halfYearPriceFen ?? null,
    year_price: plan.yearPriceFen ?? null,
    two_year_price: plan.twoYearPriceFen ?? null,
    three_year_price: plan.threeYearPriceFen ?? null,
    onetime_price: plan.onetimePriceFen ?? null,
    reset_price: plan.resetPriceFen ?? null,
    reset_traffic_method: plan.resetTrafficMethod ?? null,
    created_at: unixSeconds(createdAtMs),
    updated_at: unixSeconds(updatedAtMs),
  };
}

/** An amount that stands only where there is one. */
function orNull(amountFen: Fen): Fen | null {
  return amountFen === 0 ? null : amountFen;
}

function unixSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}
