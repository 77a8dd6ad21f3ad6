/** The states to list orders by, where a dialect's words do not say how far the work is. */

import type { FulfilmentStatus, OrderStatus } from './lifecycle.ts';
import type { ListedState } from './order-store.ts';

const FULFILMENTS: readonly FulfilmentStatus[] = [
  'unfulfilled',
  'in_progress',
  'partially_fulfilled',
  'fulfilled',
  'failed',
];

/** These states of the order, however far its work is. */
export function listedStates(...statuses: readonly OrderStatus[]): ListedState[] {
  return statuses.flatMap((status) => FULFILMENTS.map((fulfilment) => ({ status, fulfilment })));
}
