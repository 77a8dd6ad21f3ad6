/** How the operator API says no: problem details, with the core's reason in them. */

import type { Reason, Refusal } from '../core/errors.ts';
import type { Rendered } from '../http/send-refusal.ts';

type Words = readonly [
  status: 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 502 | 503,
  title: string,
  detail: string,
];

/** What each reason means to an operator, and what to do about it. */
const WORDS: Readonly<Record<Reason, Words>> = {
  unauthenticated: [401, 'Not signed in', 'Send a valid token: Authorization: Bearer <token>.'],
  forbidden: [403, 'Not an operator', 'Only a token with the role operator may call this.'],
  invalid_input: [400, 'Invalid input', 'The request is not what this call takes.'],
  payload_too_large: [413, 'Body too large', 'No call takes a body of this size.'],
  route_not_found: [404, 'No such call', 'There is no call with this method and path.'],
  rate_limited: [429, 'Too many requests', 'Come back when Retry-After says.'],
  idempotency_key_reused: [422, 'Idempotency key reused', 'The key stands for another body.'],
  item_not_found: [404, 'Catalogue row not found', 'The catalogue has no such row.'],
  price_invalid: [409, 'Price invalid', 'The catalogue has no price that can be charged.'],
  item_not_for_sale: [409, 'Not for sale', 'The catalogue row is not for sale to this user.'],
  coupon_unusable: [409, 'Coupon unusable', 'The coupon cannot be used for this.'],
  order_not_found: [404, 'Order not found', 'There is no order of this number.'],
  order_expired: [409, 'Order expired', 'The time to pay the order is over.'],
  order_cancelled: [409, 'Order cancelled', 'The order was cancelled.'],
  order_already_paid: [409, 'Order already paid', 'The order has been paid.'],
  order_not_paid: [409, 'Order not paid', 'The order was never paid, so there is nothing to give back.'],
  order_not_unpaid: [409, 'Order not unpaid', 'Only an order that waits for its payment can be cancelled.'],
  order_unfinished: [409, 'Another order unfinished', 'The user has an order that is not paid or not opened yet.'],
  move_not_allowed: [409, 'Move not allowed', 'The work on the order cannot go there from where it is.'],
  attempt_open: [409, 'Payment under way', 'The customer may be paying the order right now.'],
  attempt_unsettled: [409, 'Payment unsettled', 'Nobody knows yet whether the last payment came in.'],
  attempt_not_found: [404, 'Payment not found', 'There is no payment of this number.'],
  attempts_exhausted: [409, 'Too many payments', 'The order has had as many payments as one may have.'],
  amount_differs: [409, 'Amount differs', 'The provider names another amount than the payment has.'],
  payment_recorded_before: [409, 'Payment recorded before', 'A payment of this number has paid an order already.'],
  provider_not_offered: [
    409,
    'Provider not configured',
    'The payment was made with a provider that is not set up now.',
  ],
  provider_refused: [502, 'Provider refused', 'The payment provider said no.'],
  provider_unavailable: [
    502,
    'Provider unavailable',
    'The payment provider gave no answer to rely on; nothing changed.',
  ],
  refund_already_requested: [409, 'Refund already requested', 'Another refund is under way, or nothing is left.'],
  refund_already_decided: [409, 'Refund already decided', 'Somebody has decided on the refund before.'],
  refund_exceeds_paid: [409, 'Refund exceeds payment', 'Less than that is left of what was paid.'],
  refund_not_found: [404, 'Refund not found', 'There is no refund of this number.'],
  notification_not_found: [404, 'Notification not found', 'There is no notification of this id.'],
  busy: [503, 'Busy', 'The service could not finish this. Ask again.'],
  misconfigured: [503, 'Misconfigured', 'The configuration of the service is incomplete.'],
};

/** Names the kind of problem. Nothing is to be found there: `reason` is what programs go by. */
const TYPE_PREFIX = 'urn:problem-type:edge-orders:';

/**
 * Renders a refusal; `field` names the input that is at fault.
 * @see https://www.rfc-editor.org/rfc/rfc9457#section-3.1
 */
export function renderProblem(refusal: Refusal): Rendered {
  const { reason, field, message } = refusal;
  const [status, title, words] = WORDS[reason];
  const said = message === undefined || message === '' ? words : message;
  const problem = {
    type: TYPE_PREFIX + reason,
    title,
    status,
    detail: field === undefined ? said : `${field}: ${said}`,
    reason,
    ...(field === undefined ? {} : { field }),
  };
  return { status, body: problem, contentType: 'application/problem+json' };
}
