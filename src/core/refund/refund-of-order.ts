/** A refund together with the order that it belongs to: what asking for one gives. */

import type { Order } from '../order/order.ts';
import type { Refund } from './refund.ts';

/** Both as they stand after it. */
export type RefundOfOrder = { order: Order; refund: Refund };
