/** Applies a payment that a provider vouches for, and sends back at once what is too much. */

import { accept, type Result } from '../errors.ts';
import type { NotificationReceipt } from '../order/decision.ts';
import { submit } from '../order/submit.ts';
import { sendRefund } from '../refund/send-refund.ts';
import type { Services } from '../services.ts';
import { openSubscription } from '../subscription/open-subscription.ts';
import { type Attempt, isLive, orderNoOf } from './attempt.ts';
import type { ReportedPayment } from './provider.ts';

/** What is known of the money, and how. */
export type Settlement = {
  provider: string;
  payment: ReportedPayment;
  proof: 'notification' | 'query';
  receipt: NotificationReceipt | null;
};

/**
 * Pays the order, and opens what was ordered where nobody has to work on it; or records surplus money and sends it back
 * at once. Gives the attempts that are pointless now and still open: whoever settles closes them. Refuses
 * `order_not_found`, `attempt_not_found`, `amount_differs`, `busy`.
 */
export async function settlePayment(services: Services, settlement: Settlement): Promise<Result<Attempt[]>> {
  const submitted = await submit(services, {
    orderNo: orderNoOf(settlement.payment.outTradeNo),
    command: { type: 'settle_payment', ...settlement },
    actor: `provider:${settlement.provider}`,
    scope: 'everything',
  });
  if (!submitted.ok) return submitted;
  const { state, subject } = submitted;
  const surplus = state.refunds.find((one) => one.refundNo === subject && one.status === 'processing');
  if (surplus) {
    services.log.alert('surplus_money', { orderNo: state.order.orderNo, outTradeNo: settlement.payment.outTradeNo });
    services.background(sendRefund(services, { ...surplus, capturedFen: settlement.payment.amountFen }));
  }
  services.background(openSubscription(services, state.order));
  return accept(state.order.status === 'pending_payment' ? [] : state.attempts.filter(isLive));
}
