/** Places an order at the catalogue's price. */

import type { CatalogItem, CatalogRef } from '../catalog/catalog.ts';
import type { CommissionTerms } from '../commission/commission-terms.ts';
import { accept, refuse, type Result } from '../errors.ts';
import { type Fen, isChargeable } from '../money.ts';
import type { Services } from '../services.ts';
import type { Caller } from '../caller.ts';
import type { Details, Order } from './order.ts';
import type { IdempotencyKey } from './order-store.ts';
import { placedBefore } from './placed-before.ts';
import { writeOrder } from './write-order.ts';

/** What a dialect makes of the catalogue rows it asked for. */
export type Offer = {
  amountFen: Fen;
  /** What the cashier shows. */
  subject: string;
  /** What the dialect keeps with the order, and what of that is about a person: that is kept sealed. */
  details: Details;
  personal: Details | null;
  saleOf: CatalogRef | null;
  payWith: string | null;
  /** Who gets a share once it is paid. A share of nothing is none. */
  commission: CommissionTerms | null;
};

/** A catalogue row that an order is for. */
export type WantedItem = CatalogRef & {
  /** The field of the request that names it. */
  field?: string;
  /** Whether it is there for whoever orders: somebody else's row is missed like one that does not exist. */
  isTheirs?: (item: CatalogItem) => boolean;
};

/** Whose order it is to be, and under which key. */
export type Placing = {
  dialect: string;
  caller: Caller;
  /** The caller's own, unless an operator places it. */
  userId: string;
  idempotency: IdempotencyKey | null;
  /** What stands in front of the digits of its number; nothing in most dialects. */
  numberPrefix?: 'ORD';
};

/** An order that somebody wants to place. */
export type OrderWish = Placing & {
  /** The catalogue rows that it is for. All of them must exist. */
  items: readonly WantedItem[];
  /** Prices the rows; pure, for it may run twice. Refuses what the dialect does not sell. */
  offer: (items: readonly CatalogItem[]) => Result<Offer>;
};

/** A catalogue row changed, or a number was taken, between pricing and writing: rare, so this is plenty. */
export const MAX_PLACING_TRIES = 5;

/**
 * Prices from memory, writes only if memory was right, and looks again where it was not. A repeat under an idempotency
 * key gives the order as it was when it was placed.
 *
 * Refuses `item_not_found` (with the field that names it), `price_invalid`, `idempotency_key_reused`, `busy`, and whatever the offer refuses.
 */
export async function placeOrder(services: Services, wish: OrderWish): Promise<Result<Order>> {
  for (let tries = 0; tries < MAX_PLACING_TRIES; tries++) {
    const offered = await makeOffer(services, wish, tries === 0 ? 'warm' : 'fresh');
    if (!offered.ok) {
      // What memory refuses, the database may allow by now; and a repeat is answered even if it no longer would.
      if (tries === 0) continue;
      return (await placedBefore(services, wish.idempotency)) ?? offered;
    }
    const placed = await writeOrder(services, wish, { ...offered.value, account: null });
    if (placed !== 'again') return placed;
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}

type Offered = { offer: Offer; items: CatalogItem[] };

async function makeOffer(services: Services, wish: OrderWish, from: 'warm' | 'fresh'): Promise<Result<Offered>> {
  const items = await services.catalog.read(wish.items, from);
  const missing = wish.items.find(
    ({ kind, id, isTheirs = () => true }) =>
      !items.some((item) => item.kind === kind && item.id === id && isTheirs(item)),
  );
  if (missing) return refuse('item_not_found', missing.field === undefined ? {} : { field: missing.field });
  const offer = wish.offer(items);
  if (!offer.ok) return offer;
  return isChargeable(offer.value.amountFen) ? accept({ offer: offer.value, items }) : refuse('price_invalid');
}
