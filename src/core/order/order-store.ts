/** The port for orders: placing them, reading them, and the page of them whose time has run out. */

import type { CatalogItem, CatalogRef } from '../catalog/catalog.ts';
import type { Fen } from '../money.ts';
import type { Scope } from './command.ts';
import type { OrderStatus } from './lifecycle.ts';
import type { ListedState } from './listed-state.ts';
import type { Details, Order, OrderState } from './order.ts';
import type { OrderEvent } from './order-event.ts';
import type { AccountTerms } from '../balance/account.ts';
import type { CommissionTerms } from '../commission/commission-terms.ts';
import type { Attempt, Capture } from '../payment/attempt.ts';
import type { Sealed } from '../personal/personal-store.ts';
import type { Refund } from '../refund/refund.ts';

/** An order that is about to be placed. */
export type NewOrder = {
  orderNo: string;
  dialect: string;
  userId: string;
  actor: string;
  amountFen: Fen;
  subject: string;
  details: Details;
  /** The rows that it was priced by: each must still be at this version when the order is written. */
  items: readonly CatalogItem[];
  saleOf: CatalogRef | null;
  payWith: string | null;
  commission: CommissionTerms | null;
  personal: Sealed | null;
  /** What it takes from its user's account, and the place that it must have among their orders; `null`: nothing. */
  account: (AccountTerms & { place: number }) | null;
  createdAtMs: number;
  expiresAtMs: number;
  commitId: string;
  idempotency: IdempotencyKey | null;
};

/** A client's promise that two requests are one. Kept for at least a day, in the same write as the order. */
export type IdempotencyKey = {
  userId: string;
  route: string;
  key: string;
  /** SHA-256 of the body, hex: another body under the same key is a mistake. */
  bodyHash: string;
};

/** What became of placing an order. Nothing but `placed` wrote anything. */
export type Placed =
  | { status: 'placed'; order: Order }
  | { status: 'stale_catalog' | 'order_no_taken' }
  | { status: 'key_used'; order: Order; bodyHash: string };

/** An order with the catalogue rows that it names, and the attempt that a customer may be paying right now. */
export type OrderView = {
  order: Order;
  /** Its state as lists see it. */
  listedState: ListedState;
  items: readonly CatalogItem[];
  /** The latest attempt that the provider has to be asked about. */
  open: (Attempt & { lastLookAtMs: number | null }) | null;
};

/** A view with what it keeps of a person, as it is stored: sealed. */
export type SealedView = OrderView & { texts: readonly Sealed[] };

/** One order by itself, also with its money. */
export type SealedDetail = SealedView & {
  captures: readonly Capture[];
  refunds: readonly Refund[];
  /** When its work was done; `null` while it is not. */
  fulfilledAtMs: number | null;
};

/** Which of a dialect's orders to list with their number: one user's, or (`null`) all users'. */
export type OrderQuery = Scope & {
  states: readonly ListedState[] | 'all';
  /** When they were created; both ends count as within. */
  fromMs: number | null;
  toMs: number | null;
};

/** Which of a user's orders to list: by state, and by whether their time to pay has run out. */
export type OrderFilter = {
  statuses: readonly OrderStatus[] | 'all';
  /** Looks at unpaid orders only: those that can still be paid, or those that no longer can. */
  unpaid: 'all' | 'payable' | 'overdue';
};

/** Which orders an operator looks for. */
export type OrderSearch = {
  dialect: string | null;
  status: OrderStatus | null;
  userId: string | null;
  orderNo: string | null;
  fromMs: number | null;
  toMs: number | null;
  /** The `id` of the last order of the page before. */
  beforeId: number | null;
  limit: number;
};

/** The orders' store. */
export type OrderStore = {
  place(order: NewOrder): Promise<Placed>;
  /** The order that was placed under a key, and with which body. */
  findByKey(key: IdempotencyKey): Promise<{ order: Order; bodyHash: string } | null>;
  /** One order, if it is within the scope and not deleted. */
  view(orderNo: string, scope: Scope): Promise<OrderView | null>;
  /** A page of a scope's orders, newest first, deleted ones left out; `hasMore` when another page follows. */
  list(
    scope: Scope,
    filter: OrderFilter,
    page: { offset: number; limit: number; nowMs: number },
  ): Promise<{ views: OrderView[]; hasMore: boolean }>;
  /** The number of the order that has this id, whosever it is; `null`: none has. */
  numberOf(id: number): Promise<string | null>;
  /** The ids of the orders of these numbers, in the same order. */
  idsOf(orderNos: readonly string[]): Promise<number[]>;
  /** One order with its money, by its id or its number, if it is within the scope and not deleted. */
  detail(key: number | string, scope: Scope): Promise<SealedDetail | null>;
  /**
   * A page of orders, newest first, with the number of all of them. It does not walk through one user's orders to get
   * to a page, and counts on their places having no gap: it is for dialects whose users delete none.
   */
  page(query: OrderQuery, page: { offset: number; limit: number }): Promise<{ views: SealedView[]; total: number }>;
  /** How many orders one user has in each state that lists ask for; states without any are left out. */
  tally(scope: Scope & { userId: string }): Promise<ReadonlyMap<ListedState, number>>;
  search(search: OrderSearch): Promise<Order[]>;
  /** Everything about one order, for operators. */
  history(orderNo: string): Promise<{ state: OrderState; events: OrderEvent[]; texts: Sealed[] } | null>;
  /** Expires due orders that nobody can be paying, in one guarded write; says how many. */
  expireIdle(nowMs: number, limit: number): Promise<number>;
  /** Numbers of due orders that somebody may still be paying, oldest first, after the given one. */
  listDueWithLiveAttempt(
    nowMs: number,
    after: { expiresAtMs: number; orderNo: string } | null,
    limit: number,
  ): Promise<{ orderNo: string; expiresAtMs: number }[]>;
  /** Numbers of paid subscription orders that are not opened, the longest paid first, after the given one. */
  listToOpen(
    after: { orderNo: string; paidAtMs: number } | null,
    limit: number,
  ): Promise<{ orderNo: string; paidAtMs: number }[]>;
  /** Numbers of orders whose share is due and not paid, the longest due first, after the given one. */
  listDueShares(
    nowMs: number,
    after: { orderNo: string; dueAtMs: number } | null,
    limit: number,
  ): Promise<{ orderNo: string; dueAtMs: number }[]>;
  forgetKeysBefore(createdBeforeMs: number, limit: number): Promise<number>;
};
