/** Projects the core's states onto the numbers of technician booking. */

import type { FulfilmentPolicy } from '../../core/order/command.ts';
import type { OrderStatus } from '../../core/order/lifecycle.ts';
import type { OrderFilter } from '../../core/order/order-store.ts';

/** 0 unpaid (also once expired), 1 paid, 2 cancelled by an operator, 3 refunded, 4 completed. */
export const STATUS: Readonly<Record<OrderStatus, 0 | 1 | 2 | 3 | 4>> = {
  pending_payment: 0,
  expired: 0,
  paid: 1,
  cancelled: 2,
  refunded: 3,
  completed: 4,
  // Orders of this dialect are neither split nor absorbed.
  split: 1,
  absorbed: 4,
};

/** `pay_type`: 1 Alipay, 2 WeChat. */
export const PROVIDERS = { 1: 'alipay', 2: 'wechat-pay' } as const;

/** `order_type` of the list: 1 all, 2 to be paid, 3 paid, 4 completed, 5 run out. */
export const LISTS: Readonly<Record<number, OrderFilter>> = {
  1: { statuses: 'all', unpaid: 'all' },
  2: { statuses: ['pending_payment'], unpaid: 'payable' },
  3: { statuses: ['paid'], unpaid: 'all' },
  4: { statuses: ['completed'], unpaid: 'all' },
  5: { statuses: ['pending_payment', 'expired'], unpaid: 'overdue' },
};

/** `order_refund.status`: 0 asked for, 1 the provider has given the money back. */
export const REFUND_STATUS = { requested: 0, processing: 0, succeeded: 1, failed: 0, rejected: 0 } as const;

/** What operators may do with a paid booking: begin it, and complete it, also without beginning. */
export const FULFILMENT: FulfilmentPolicy = {
  moves: {
    in_progress: ['unfulfilled'],
    completed: ['unfulfilled', 'in_progress'],
  },
  refundFrom: ['unfulfilled', 'in_progress', 'fulfilled'],
  whileRefunding: 'goes_on',
};
