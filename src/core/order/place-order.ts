/** Places an order at the catalogue's price. */

import type { CatalogItem, CatalogRef } from '../catalog/catalog.ts';
import { accept, type Refusal, refuse, type Result } from '../errors.ts';
import { type Fen, isChargeable } from '../money.ts';
import type { Services } from '../services.ts';
import { type Caller, actorOf } from '../caller.ts';
import { asPlaced, type Details, type Order } from './order.ts';
import type { IdempotencyKey, NewOrder } from './order-store.ts';

/** What a dialect makes of the catalogue rows it asked for. */
export type Offer = {
  amountFen: Fen;
  /** What the cashier shows. */
  subject: string;
  details: Details;
  saleOf: CatalogRef | null;
  payWith: string | null;
};

/** An order that somebody wants to place. */
export type OrderWish = {
  dialect: string;
  caller: Caller;
  /** The catalogue rows that it is for. All of them must exist. */
  items: readonly CatalogRef[];
  /** Prices the rows; pure, for it may run twice. Refuses what the dialect does not sell. */
  offer: (items: readonly CatalogItem[]) => Result<Offer>;
  idempotency: IdempotencyKey | null;
};

/** A catalogue row changed, or a number was taken, between pricing and writing: rare, so this is plenty. */
const MAX_TRIES = 5;

/**
 * Prices from memory, writes only if memory was right, and looks again where it was not. A repeat under an idempotency
 * key gives the order as it was when it was placed.
 *
 * Refuses `item_not_found`, `price_invalid`, `idempotency_key_reused`, `busy`, and whatever the offer refuses.
 */
export async function placeOrder(services: Services, wish: OrderWish): Promise<Result<Order>> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const offered = await makeOffer(services, wish, tries === 0 ? 'warm' : 'fresh');
    if (!offered.ok) {
      // What memory refuses, the database may allow by now; and a repeat is answered even if it no longer would.
      if (tries === 0) continue;
      return (await placedBefore(services, wish.idempotency)) ?? { ok: false, refusal: offered.refusal };
    }
    const placed = await services.orders.place(newOrder(services, wish, offered.value));
    if (placed.status === 'placed') return accept(placed.order);
    if (placed.status === 'key_used') return repeat(wish.idempotency, placed);
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}

type Offered = { offer: Offer; items: CatalogItem[] };

async function makeOffer(services: Services, wish: OrderWish, from: 'warm' | 'fresh'): Promise<Result<Offered>> {
  const items = await services.catalog.read(wish.items, from);
  if (items.length < wish.items.length) return refuse('item_not_found');
  const offer = wish.offer(items);
  if (!offer.ok) return offer;
  return isChargeable(offer.value.amountFen) ? accept({ offer: offer.value, items }) : refuse('price_invalid');
}

function newOrder(services: Services, wish: OrderWish, { offer, items }: Offered): NewOrder {
  const nowMs = services.now();
  return {
    ...offer,
    orderNo: services.ids.orderNo(nowMs),
    dialect: wish.dialect,
    userId: wish.caller.userId,
    actor: actorOf(wish.caller),
    items,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + services.settings.orderTtlMs,
    commitId: services.ids.commitId(),
    idempotency: wish.idempotency,
  };
}

async function placedBefore(services: Services, key: IdempotencyKey | null): Promise<Result<Order> | null> {
  const found = key && (await services.orders.findByKey(key));
  return found ? repeat(key, found) : null;
}

function repeat(
  key: IdempotencyKey | null,
  before: { order: Order; bodyHash: string },
): { ok: true; value: Order } | { ok: false; refusal: Refusal } {
  return key?.bodyHash === before.bodyHash ? accept(asPlaced(before.order)) : refuse('idempotency_key_reused');
}
