/** Asks for money back. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Fen } from '../money.ts';
import type { FulfilmentPolicy, Scope } from '../order/command.ts';
import type { OrderState } from '../order/order.ts';
import { submit } from '../order/submit.ts';
import { BY_HAND } from '../payment/by-hand.ts';
import { sealWords } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { RefundOfOrder } from './refund-of-order.ts';
import { sendRefund } from './send-refund.ts';
import { settleByHand } from './settle-by-hand.ts';

/** Who wants how much of an order's money back, and why. */
export type RefundWish = {
  orderNo: string;
  scope: Scope | 'everything';
  actor: string;
  amountFen: Fen | 'all';
  policy: FulfilmentPolicy;
  reason: string | null;
  /** `auto` sends it at once; `manual` leaves it to an operator. */
  approval: 'manual' | 'auto';
};

/**
 * Refuses `order_not_found`, `order_not_paid`, `move_not_allowed`, `refund_already_requested`, `refund_exceeds_paid`,
 * `busy`.
 */
export async function requestRefund(services: Services, wish: RefundWish): Promise<Result<RefundOfOrder>> {
  const { orderNo, scope, actor, amountFen, policy, approval } = wish;
  const reason = await sealWords(services, orderNo, wish.reason);
  const command = { type: 'request_refund', amountFen, policy, reason, approval } as const;
  const submitted = await submit(services, { orderNo, scope, actor, command });
  return submitted.ok ? startIfApproved(services, submitted.state, submitted.subject) : submitted;
}

/**
 * Sends a refund that has just been approved, in the background: the row is written, so the cron would do it too. Money
 * that came by hand goes back by hand: that refund is done when it is approved.
 */
export async function startIfApproved(
  services: Services,
  state: OrderState,
  refundNo: string | null,
): Promise<Result<RefundOfOrder>> {
  const refund = state.refunds.find((one) => one.refundNo === refundNo);
  if (!refund) return refuse('busy', { retryAfterSeconds: 1 });
  const { provider, transactionId } = refund;
  // A number that an operator recorded may be one of a provider's as well.
  const capture = state.captures.find((one) => one.provider === provider && one.transactionId === transactionId);
  if (refund.status !== 'processing' || !capture) return accept({ order: state.order, refund });
  if (refund.provider === BY_HAND) return settleByHand(services, refund);
  services.background(sendRefund(services, { ...refund, capturedFen: capture.amountFen }));
  return accept({ order: state.order, refund });
}
