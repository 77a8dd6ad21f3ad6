/** Everything about one order, as operators read it. */

import { accept, refuse, type Result } from '../errors.ts';
import { openSealed } from '../personal/open-sealed.ts';
import { readDetails } from '../personal/personal-details.ts';
import { readReason } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { Details, OrderState } from './order.ts';
import type { OrderEvent } from './order-event.ts';
import { isOrderNo } from './order-number.ts';

/** An order with all that ever happened to it, and what its customer said about themself. */
export type OrderHistory = { state: OrderState; events: readonly OrderEvent[]; personal: Details | null };

/** Opens what people wrote. Refuses `order_not_found`. */
export async function findHistory(services: Services, orderNo: string): Promise<Result<OrderHistory>> {
  const history = isOrderNo(orderNo) ? await services.orders.history(orderNo) : null;
  if (history === null) return refuse('order_not_found');
  const { state, events, texts } = history;
  const opened = await openSealed(services, texts);
  const readable = <Row extends { reason: string | null }>(row: Row) => ({
    ...row,
    reason: readReason(row.reason, opened),
  });
  return accept({
    state: { ...state, refunds: state.refunds.map(readable) },
    events: events.map(readable),
    personal: readDetails(orderNo, opened),
  });
}
