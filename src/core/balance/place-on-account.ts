/** Places an order on its user's account: what their balance pays of it, and what it takes over, in the same write. */

import type { CatalogItem, CatalogRef } from '../catalog/catalog.ts';
import { accept, type Refusal, refuse, type Result } from '../errors.ts';
import { MAX_AMOUNT_FEN } from '../money.ts';
import { endUnpaidOrder } from '../order/end-unpaid-order.ts';
import type { Order } from '../order/order.ts';
import { MAX_PLACING_TRIES, type Offer, type Placing } from '../order/place-order.ts';
import { placedBefore } from '../order/placed-before.ts';
import { SYSTEM } from '../order/submit.ts';
import { writeOrder } from '../order/write-order.ts';
import type { Services } from '../services.ts';
import type { Account, AccountTerms } from './account.ts';

/** What a dialect makes of the catalogue and the account. The amount is what is left to pay; it may be nothing. */
export type AccountOffer = Pick<Offer, 'amountFen' | 'subject' | 'details' | 'commission'> & AccountTerms;

/** An order that somebody wants to place on their account. */
export type AccountWish = Placing & {
  /** The catalogue rows to price it by. Those that do not exist are not handed to the offer. */
  items: readonly CatalogRef[];
  /** Rows that the first ones name. */
  related: (items: readonly CatalogItem[]) => readonly CatalogRef[];
  couponCode: string | null;
  /** Prices the rows; pure, for it may run twice. Refuses what the dialect does not sell. */
  offer: (items: readonly CatalogItem[], account: Account, nowMs: number) => Result<AccountOffer>;
};

/**
 * One unfinished order for each user: an overdue one is expired first, and what it took is back when the next one is
 * priced. Whatever has changed between reading and writing, another order above all, has it priced anew.
 *
 * Refuses `order_unfinished`, `price_invalid`, `idempotency_key_reused`, `busy`, and whatever the offer refuses.
 */
export async function placeOnAccount(services: Services, wish: AccountWish): Promise<Result<Order>> {
  for (let tries = 0; tries < MAX_PLACING_TRIES; tries++) {
    const offered = await makeOffer(services, wish, tries === 0 ? 'warm' : 'fresh');
    if (!offered.ok) {
      // What memory refuses, the database may allow by now; and a repeat is answered even if it no longer would.
      if (tries === 0) continue;
      return (await placedBefore(services, wish.idempotency)) ?? offered;
    }
    const placed = await writeOrder(services, wish, offered.value);
    if (placed !== 'again') return placed;
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}

type Priced = Parameters<typeof writeOrder>[2];

async function makeOffer(services: Services, wish: AccountWish, from: 'warm' | 'fresh'): Promise<Result<Priced>> {
  const account = await readAccount(services, wish);
  if (!account.ok) return account;
  const named = await services.catalog.read(wish.items, from);
  const related = await services.catalog.read(wish.related(named), from);
  const coupon = account.value.coupon === null ? [] : [account.value.coupon.item];
  const items = [...named, ...related, ...coupon];
  const offer = wish.offer(items, account.value, services.now());
  if (!offer.ok) return offer;
  const { balanceFen, couponId, subscription, absorbs, ...terms } = offer.value;
  if (!isPayable(terms.amountFen)) return refuse('price_invalid');
  return accept({
    offer: { ...terms, personal: null, saleOf: null, payWith: null },
    items,
    account: { balanceFen, couponId, subscription, absorbs, place: account.value.lastPlace + 1 },
  });
}

function isPayable(amountFen: number): boolean {
  return Number.isSafeInteger(amountFen) && amountFen >= 0 && amountFen <= MAX_AMOUNT_FEN;
}

/** Refuses `order_unfinished`. The provider is asked about an overdue order that somebody may be paying. */
async function readAccount(
  services: Services,
  { dialect, userId, couponCode }: AccountWish,
): Promise<{ ok: true; value: Account } | { ok: false; refusal: Refusal }> {
  const query = { dialect, userId, couponCode, nowMs: services.now() };
  const account = await services.accounts.read(query);
  const { unfinished } = account;
  if (unfinished === null) return accept(account);
  if (unfinished.isPaid || unfinished.isPayable) return refuse('order_unfinished');
  const { orderNo } = unfinished;
  const ended = await endUnpaidOrder(services, { orderNo, command: { type: 'expire' }, ...SYSTEM });
  if (!ended.ok || ended.value.status === 'pending_payment') return refuse('order_unfinished');
  const now = await services.accounts.read(query);
  return now.unfinished === null ? accept(now) : refuse('order_unfinished');
}
