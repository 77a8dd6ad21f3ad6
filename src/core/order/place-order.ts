/** Places an order at the catalogue's price. */

import type { CatalogItem, CatalogRef } from '../catalog/catalog.ts';
import type { CommissionTerms } from '../commission/commission-terms.ts';
import { accept, type Refusal, refuse, type Result } from '../errors.ts';
import { type Fen, isChargeable } from '../money.ts';
import type { Services } from '../services.ts';
import { type Caller, actorOf } from '../caller.ts';
import { sealDetails } from '../personal/personal-details.ts';
import { asPlaced, type Details, type Order } from './order.ts';
import type { IdempotencyKey, NewOrder } from './order-store.ts';

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

/** An order that somebody wants to place. */
export type OrderWish = {
  dialect: string;
  caller: Caller;
  /** Whose order it is to be: the caller's own, unless an operator places it. */
  userId: string;
  /** The catalogue rows that it is for. All of them must exist. */
  items: readonly WantedItem[];
  /** Prices the rows; pure, for it may run twice. Refuses what the dialect does not sell. */
  offer: (items: readonly CatalogItem[]) => Result<Offer>;
  idempotency: IdempotencyKey | null;
  /** What stands in front of the digits of its number; nothing in most dialects. */
  numberPrefix?: 'ORD';
};

/** A catalogue row changed, or a number was taken, between pricing and writing: rare, so this is plenty. */
const MAX_TRIES = 5;

/**
 * Prices from memory, writes only if memory was right, and looks again where it was not. A repeat under an idempotency
 * key gives the order as it was when it was placed.
 *
 * Refuses `item_not_found` (with the field that names it), `price_invalid`, `idempotency_key_reused`, `busy`, and whatever the offer refuses.
 */
export async function placeOrder(services: Services, wish: OrderWish): Promise<Result<Order>> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const offered = await makeOffer(services, wish, tries === 0 ? 'warm' : 'fresh');
    if (!offered.ok) {
      // What memory refuses, the database may allow by now; and a repeat is answered even if it no longer would.
      if (tries === 0) continue;
      return (await placedBefore(services, wish.idempotency)) ?? { ok: false, refusal: offered.refusal };
    }
    const placed = await services.orders.place(await newOrder(services, wish, offered.value));
    if (placed.status === 'placed') return accept(placed.order);
    if (placed.status === 'key_used') return repeat(wish.idempotency, placed);
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

async function newOrder(services: Services, wish: OrderWish, { offer, items }: Offered): Promise<NewOrder> {
  const nowMs = services.now();
  const orderNo = (wish.numberPrefix ?? '') + services.ids.orderNo(nowMs);
  const { personal, commission, ...terms } = offer;
  return {
    ...terms,
    orderNo,
    dialect: wish.dialect,
    userId: wish.userId,
    commission: commission !== null && commission.amountFen > 0 ? commission : null,
    personal: await sealDetails(services, orderNo, personal),
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
