/** What the service has said yes to: every answer of 2xx that a client saw, as a fact that must hold from then on. */

/** One of those answers. `key` is the Idempotency-Key that the order was placed with. */
export type Promised =
  | { what: 'placed'; orderNo: string; userId: string; key: string; amountFen: number }
  | { what: 'slip'; orderNo: string; outTradeNo: string }
  | { what: 'deleted'; orderNo: string }
  | { what: 'refund_requested'; orderNo: string }
  | { what: 'refund_approved'; refundNo: string }
  | { what: 'completed'; orderNo: string };
