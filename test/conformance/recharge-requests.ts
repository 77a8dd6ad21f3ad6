/** One request for each call of recharge that takes a body, which would go through but for what a test does to it. */
import { HALVES, newOrderAt, type RechargeCaller, rechargeOperator } from '../harness/recharge.ts';
import type { Shop } from '../harness/shop.ts';

/** A call: who makes it, and with what. */
export type GoodRequest = {
  who: RechargeCaller;
  method: 'POST' | 'PUT';
  path: string;
  body: Record<string, unknown>;
};

/** The calls by name, and the first field that each misses; `null` for those that can do without a body. */
export const FIRST_FIELDS = {
  create: 'product_id',
  status: 'status',
  pay: null,
  payment: 'payment_id',
  recharge: 'api_id',
  success: null,
  fail: 'remark',
  refund: 'refund_amount',
  cancel: 'cancel_reason',
  split: 'split_orders',
  partial: 'recharged_quantity',
} as const;

/** The name of a call that takes a body. */
export type CallName = keyof typeof FIRST_FIELDS;

/** Makes an order for each call, at a station where the call is allowed. */
export async function goodRequests(
  shop: Shop,
  customer: RechargeCaller,
): Promise<Readonly<Record<CallName, GoodRequest>>> {
  const operator = rechargeOperator(shop);
  const at = async (station: string, call: string) => `/${(await newOrderAt(shop, customer, station)).id}/${call}`;
  const post = async (call: string, station: string, body: Record<string, unknown>, who = operator) =>
    ({ who, method: 'POST', path: await at(station, call), body }) as const;
  const remark = '备注';
  const { userId: customer_id } = customer;
  return {
    create: {
      who: customer,
      method: 'POST',
      path: '/create',
      body: { product_id: 123, customer_id, quantity: 1, total_amount: 100, payment_method: 'wechat', remark },
    },
    status: {
      who: operator,
      method: 'PUT',
      path: await at('pending_recharge', 'status'),
      body: { status: 'recharging', remark },
    },
    pay: await post('pay', 'pending_payment', { scene: 'qr' }, customer),
    payment: await post('payment', 'pending_payment', {
      payment_id: 'PAY123456',
      payment_time: '2022-03-15T10:00:00Z',
      remark,
    }),
    recharge: await post('recharge', 'pending_recharge', {
      api_id: 123,
      api_order_number: 'API123456',
      api_trade_num: 'TRADE123456',
      remark,
    }),
    success: await post('success', 'recharging', { remark }),
    fail: await post('fail', 'recharging', { remark }),
    refund: await post('refund', 'failed', { refund_amount: 1, refund_reason: '退款原因', remark }),
    cancel: await post('cancel', 'pending_payment', { cancel_reason: '取消原因', remark }, customer),
    split: await post('split', 'pending_recharge', { split_orders: HALVES, remark }),
    partial: await post('partial', 'recharging', { recharged_quantity: 1, remaining_quantity: 1, remark }),
  };
}
