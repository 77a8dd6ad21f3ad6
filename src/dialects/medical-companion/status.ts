/** Projects the core's states and providers onto the words of the medical companion. */

import type { FulfilmentPolicy } from '../../core/order/command.ts';
import type { OrderStatus, RefundStatus } from '../../core/order/lifecycle.ts';
import { type ListedState, PAID } from '../../core/order/listed-state.ts';
import type { PaymentMethod } from './schema.ts';

/** An order's `status`. */
export type Status = 'pending_pay' | 'paid' | 'completed' | 'cancelled' | 'refunded';

/** An order that has run out counts as cancelled, from the moment the cron has moved it. */
export const STATUS: Readonly<Record<OrderStatus, Status>> = {
  pending_payment: 'pending_pay',
  paid: 'paid',
  completed: 'completed',
  cancelled: 'cancelled',
  expired: 'cancelled',
  refunded: 'refunded',
  // Orders of this dialect are neither split nor absorbed.
  split: 'paid',
  absorbed: 'completed',
};

/** `statusText`. */
export const STATUS_TEXT: Readonly<Record<Status, string>> = {
  pending_pay: '待支付',
  paid: '已支付',
  completed: '已完成',
  cancelled: '已取消',
  refunded: '已退款',
};

/** `status` of the list: the orders that show it. */
export const LISTS: ReadonlyMap<string, readonly ListedState[]> = new Map<Status, readonly ListedState[]>([
  ['pending_pay', ['pending_payment']],
  ['paid', PAID],
  ['completed', ['completed']],
  ['cancelled', ['cancelled', 'expired']],
  ['refunded', ['refunded']],
]);

/** `refundInfo.status`. Money that did not go back is rejected, whoever said no: it may be asked for again. */
export const REFUND_STATUS: Readonly<Record<RefundStatus, 'pending' | 'processing' | 'refunded' | 'rejected'>> = {
  requested: 'pending',
  processing: 'processing',
  succeeded: 'refunded',
  rejected: 'rejected',
  failed: 'rejected',
};

/** How each `paymentMethod` is paid: in a mini program at WeChat, in an app at Alipay. */
export const METHODS = {
  wechat_pay: { provider: 'wechat-pay', kind: 'jsapi_params' },
  alipay: { provider: 'alipay', kind: 'app_order_string' },
} as const satisfies Readonly<Record<PaymentMethod, object>>;

/** What operators may do with a paid order: begin the work, and complete it, also without beginning. */
export const FULFILMENT: FulfilmentPolicy = {
  moves: {
    in_progress: ['unfulfilled'],
    completed: ['unfulfilled', 'in_progress'],
  },
  refundFrom: ['unfulfilled', 'in_progress', 'fulfilled'],
  whileRefunding: 'goes_on',
};
