/** Writes an order that is priced. */

import type { AccountTerms } from '../balance/account.ts';
import { actorOf } from '../caller.ts';
import type { CatalogItem } from '../catalog/catalog.ts';
import { accept, type Result } from '../errors.ts';
import { sealDetails } from '../personal/personal-details.ts';
import type { Services } from '../services.ts';
import type { Order } from './order.ts';
import type { NewOrder } from './order-store.ts';
import type { Offer, Placing } from './place-order.ts';
import { repeatOf } from './placed-before.ts';

/** An order's terms, the rows that it was priced by, and what it takes from its user's account. */
export type PricedOrder = {
  offer: Offer;
  items: readonly CatalogItem[];
  account: (AccountTerms & { place: number }) | null;
};

/**
 * `again`: what it was priced by has changed since, or its number was taken. Refuses `idempotency_key_reused`; a repeat
 * gives the order that was placed before.
 */
export async function writeOrder(
  services: Services,
  placing: Placing,
  priced: PricedOrder,
): Promise<Result<Order> | 'again'> {
  const placed = await services.orders.place(await newOrder(services, placing, priced));
  if (placed.status === 'placed') return accept(placed.order);
  return placed.status === 'key_used' ? repeatOf(placing.idempotency, placed) : 'again';
}

async function newOrder(
  services: Services,
  placing: Placing,
  { offer, items, account }: PricedOrder,
): Promise<NewOrder> {
  const nowMs = services.now();
  const orderNo = (placing.numberPrefix ?? '') + services.ids.orderNo(nowMs);
  const { personal, commission, ...terms } = offer;
  return {
    ...terms,
    orderNo,
    dialect: placing.dialect,
    userId: placing.userId,
    commission: commission !== null && commission.amountFen > 0 ? commission : null,
    personal: await sealDetails(services, orderNo, personal),
    account,
    actor: actorOf(placing.caller),
    items,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + services.settings.orderTtlMs,
    commitId: services.ids.commitId(),
    idempotency: placing.idempotency,
  };
}
