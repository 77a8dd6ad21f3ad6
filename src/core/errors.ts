/** Every way this service says no: one closed list inside, each dialect's own words and shapes outside. */

/**
 * The reasons, grouped by who can do something about them. A dialect maps each one to a status and a text in its
 * `errors.ts`; the compiler holds it to the whole list.
 */
export const REASONS = [
  // the request
  'unauthenticated',
  'forbidden',
  'invalid_input',
  'payload_too_large',
  'route_not_found',
  'rate_limited',
  'idempotency_key_reused',
  // the catalogue
  'item_not_found',
  'price_invalid',
  'item_not_for_sale',
  'coupon_unusable',
  // the order
  'order_not_found',
  'order_expired',
  'order_cancelled',
  'order_already_paid',
  'order_not_paid',
  'order_not_unpaid',
  'order_unfinished',
  'move_not_allowed',
  // its payments
  'attempt_open',
  'attempt_unsettled',
  'attempt_not_found',
  'attempts_exhausted',
  'amount_differs',
  'payment_recorded_before',
  'provider_not_offered',
  'provider_refused',
  'provider_unavailable',
  // its refunds
  'refund_already_requested',
  'refund_already_decided',
  'refund_exceeds_paid',
  'refund_not_found',
  // the operator's desk
  'notification_not_found',
  // this service
  'busy',
  'misconfigured',
] as const;

/** One reason of the closed list. */
export type Reason = (typeof REASONS)[number];

/** One field at fault, and what is wrong with it. */
export type Fault = { field: string; message: string };

/** A refusal: why, and what a caller needs in order to do better. */
export type Refusal = {
  reason: Reason;
  /** Which of a dialect's own rules it was, where a reason covers several of them. */
  rule?: string;
  /** The input that is at fault, as the caller spelt it. */
  field?: string;
  /** Words for a person, where the reason alone does not say it. Never holds personal data. */
  message?: string;
  /** All the fields that are at fault, the first one first, for documents that show them all. */
  faults?: readonly Fault[];
  /** When asking again makes sense, in whole seconds. */
  retryAfterSeconds?: number;
};

/** What a verb gives back: its value, or a refusal. Nothing that a caller may expect is thrown. */
export type Result<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

/** Wraps a value. */
export function accept<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

/** Says no, with a reason of the closed list. */
export function refuse(reason: Reason, more: Omit<Refusal, 'reason'> = {}): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { reason, ...more } };
}

/** A refusal on its way to the edge: routes throw it, the dialect's error handler renders it. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.name = 'RefusedError';
    this.refusal = refusal;
  }
}

/** Unwraps a result at the edge; a refusal is thrown as a {@link RefusedError}. */
export function valueOrThrow<T>(result: Result<T>): T {
  if (!result.ok) throw new RefusedError(result.refusal);
  return result.value;
}
