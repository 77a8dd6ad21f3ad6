/** What a repeated request is answered with: the order as it was when it was placed. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Services } from '../services.ts';
import { asPlaced, type Order } from './order.ts';
import type { IdempotencyKey } from './order-store.ts';

/** An order that stands under a key, and the body that it was asked for with. */
export type KeyedOrder = { order: Order; bodyHash: string };

/** The answer to a repeat; `null` where nothing was placed under the key, or where there is none. */
export async function placedBefore(services: Services, key: IdempotencyKey | null): Promise<Result<Order> | null> {
  const found = key && (await services.orders.findByKey(key));
  return found && repeatOf(key, found);
}

/** Refuses `idempotency_key_reused` for another body. */
export function repeatOf(key: IdempotencyKey | null, before: KeyedOrder): Result<Order> {
  return key?.bodyHash === before.bodyHash ? accept(asPlaced(before.order)) : refuse('idempotency_key_reused');
}
