/** Projects the core's states and providers onto the words of recharge. */

import type { FulfilmentPolicy, FulfilmentTarget } from '../../core/order/command.ts';
import type { FulfilmentStatus, OrderStatus } from '../../core/order/lifecycle.ts';
import { type ListedState, paidAt } from '../../core/order/listed-state.ts';
import type { Order } from '../../core/order/order.ts';

/** The nine words for an order's `status`, in the order of the document. */
export const STATUSES = [
  'pending_payment',
  'pending_recharge',
  'recharging',
  'success',
  'failed',
  'refunded',
  'cancelled',
  'partial',
  'split',
] as const;
export type Status = (typeof STATUSES)[number];

/** A paid order's status is how far its work is. */
const OF_WORK: Readonly<Record<FulfilmentStatus, Status>> = {
  unfulfilled: 'pending_recharge',
  in_progress: 'recharging',
  partially_fulfilled: 'partial',
  failed: 'failed',
  // What is fulfilled here is completed in the same step.
  fulfilled: 'success',
};

/** An order that has run out counts as cancelled, from the moment the cron has moved it. */
const OF_ORDER: Readonly<Record<Exclude<OrderStatus, 'paid'>, Status>> = {
  pending_payment: 'pending_payment',
  completed: 'success',
  cancelled: 'cancelled',
  expired: 'cancelled',
  refunded: 'refunded',
  split: 'split',
  // Orders of this dialect are not absorbed.
  absorbed: 'success',
};

/** An order's `status`. */
export function statusOf({ status, fulfilment }: Order): Status {
  return status === 'paid' ? OF_WORK[fulfilment] : OF_ORDER[status];
}

/** `status` of the list: the states that show it. */
export const LISTS: Readonly<Record<Status, readonly ListedState[]>> = {
  pending_payment: ['pending_payment'],
  pending_recharge: paidAt('unfulfilled'),
  recharging: paidAt('in_progress'),
  success: ['completed'],
  failed: paidAt('failed'),
  refunded: ['refunded'],
  cancelled: ['cancelled', 'expired'],
  partial: paidAt('partially_fulfilled'),
  split: ['split'],
};

/**
 * What `PUT /:id/status` does to get to a status. `null`: it is never reached by a word alone, because the call that
 * leads there says more than that.
 */
export const STEPS: Readonly<Record<Status, FulfilmentTarget | 'cancel' | null>> = {
  pending_payment: null,
  pending_recharge: 'unfulfilled',
  recharging: 'in_progress',
  success: 'completed',
  failed: 'failed',
  refunded: null,
  cancelled: 'cancel',
  partial: null,
  split: null,
};

/** What operators may do with a paid order. Nothing is recharged while its money is on its way back. */
export const FULFILMENT: FulfilmentPolicy = {
  moves: {
    in_progress: ['unfulfilled', 'partially_fulfilled'],
    completed: ['in_progress', 'partially_fulfilled'],
    failed: ['unfulfilled', 'in_progress', 'partially_fulfilled'],
    partially_fulfilled: ['in_progress'],
    unfulfilled: ['failed'],
  },
  refundFrom: ['unfulfilled', 'partially_fulfilled', 'failed', 'fulfilled'],
  whileRefunding: 'waits',
};

/** `payment_method`: the ways to pay that the document knows. */
export const PAYMENT_METHODS = ['alipay', 'wechat'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** The provider behind each `payment_method`. */
export const PROVIDERS = { alipay: 'alipay', wechat: 'wechat-pay' } as const satisfies Record<PaymentMethod, string>;

/** What this dialect's payments are prepared as. */
export type Kind = 'app_order_string' | 'qr_code';

/** How an order is paid; its `payment_method` chose the provider. At WeChat it is a code to scan in any case. */
export function methodsOf(scene: 'qr' | undefined): { provider: string; kind: Kind }[] {
  return [
    { provider: PROVIDERS.alipay, kind: scene === 'qr' ? 'qr_code' : 'app_order_string' },
    { provider: PROVIDERS.wechat, kind: 'qr_code' },
  ];
}
