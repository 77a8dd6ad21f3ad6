/** The four small machines as tables: which state may follow which. Nothing moves that is not in here. */

/** An order, from the customer's promise to the end of the business. */
export const ORDER_MOVES = {
  pending_payment: ['paid', 'cancelled', 'expired'],
  paid: ['completed', 'refunded', 'split', 'absorbed'],
  completed: ['refunded', 'absorbed'],
  cancelled: [],
  expired: [],
  refunded: [],
  split: [],
  absorbed: [],
} as const;

/** The work that was ordered. It moves only while the order is paid. */
export const FULFILMENT_MOVES = {
  unfulfilled: ['in_progress', 'fulfilled', 'failed'],
  in_progress: ['partially_fulfilled', 'fulfilled', 'failed'],
  partially_fulfilled: ['in_progress', 'fulfilled', 'failed'],
  failed: ['unfulfilled'],
  fulfilled: [],
} as const;

/**
 * One try to pay. `opening`: written down, the provider not yet heard. `pending`: the customer can pay. `closed` and
 * `failed` may still become `paid`, because money that has arrived is never denied.
 */
export const ATTEMPT_MOVES = {
  opening: ['pending', 'paid', 'closed', 'failed'],
  pending: ['paid', 'closed'],
  closed: ['paid'],
  failed: ['paid'],
  paid: [],
} as const;

/** One refund. `processing` means sent or about to be; only the provider's word ends it. */
export const REFUND_MOVES = {
  requested: ['processing', 'rejected'],
  processing: ['succeeded', 'failed'],
  succeeded: [],
  failed: [],
  rejected: [],
} as const;

export type OrderStatus = keyof typeof ORDER_MOVES;
export type FulfilmentStatus = keyof typeof FULFILMENT_MOVES;
export type AttemptStatus = keyof typeof ATTEMPT_MOVES;
export type RefundStatus = keyof typeof REFUND_MOVES;

/** The machines by name, for the check that the database holds the same moves. */
export const MACHINES = {
  order: ORDER_MOVES,
  fulfilment: FULFILMENT_MOVES,
  attempt: ATTEMPT_MOVES,
  refund: REFUND_MOVES,
} as const;

/** Whether a machine's table has the move. Staying where one is counts as no move and is not in any table. */
export function mayMove<Status extends string>(
  moves: Readonly<Record<Status, readonly Status[]>>,
  from: Status,
  to: Status,
): boolean {
  return moves[from].includes(to);
}

/** Orders whose payment was taken, whatever happened to them since. */
const PAID_FOR: readonly OrderStatus[] = ['paid', 'completed', 'refunded', 'split', 'absorbed'];

/** Whether an order has ever been paid. */
export function wasPaid(status: OrderStatus): boolean {
  return PAID_FOR.includes(status);
}
