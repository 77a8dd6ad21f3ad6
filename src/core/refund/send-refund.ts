/** Sends one approved refund to its provider and applies the answer. */

import { submit } from '../order/submit.ts';
import { BY_HAND } from '../payment/by-hand.ts';
import type { RefundAnswer, RefundRequest } from '../payment/provider.ts';
import type { Services } from '../services.ts';
import type { SendableRefund } from './refund-store.ts';
import { settleByHand } from './settle-by-hand.ts';

/** Sends, always under the same number. Without a clear answer the refund stays `processing` and is asked about. */
export async function sendRefund(services: Services, refund: SendableRefund): Promise<void> {
  if (refund.provider === BY_HAND) {
    await settleByHand(services, refund);
    return;
  }
  const provider = services.providers.get(refund.provider);
  if (!provider) {
    services.log.alert('refund_waits', { orderNo: refund.orderNo, refundNo: refund.refundNo, cause: 'not offered' });
    return;
  }
  await applyRefundAnswer(services, refund, await provider.refund(requestOf(refund)));
}

/** Asks the provider about one refund; one that it does not know is sent again under the same number. */
export async function lookAtRefund(services: Services, refund: SendableRefund): Promise<void> {
  const provider = services.providers.get(refund.provider);
  const answer = await provider?.queryRefund(requestOf(refund));
  if (!provider || answer?.status === 'absent') return sendRefund(services, refund);
  if (answer) await applyRefundAnswer(services, refund, answer);
}

async function applyRefundAnswer(services: Services, refund: SendableRefund, answer: RefundAnswer): Promise<void> {
  const { orderNo, refundNo, provider } = refund;
  if (answer.status === 'unknown' || answer.status === 'failed') {
    services.log.alert(`refund_${answer.status}`, { orderNo, refundNo, cause: answer.cause });
  }
  if (answer.status !== 'succeeded' && answer.status !== 'failed') return;
  const cause = answer.status === 'failed' ? answer.cause : null;
  await submit(services, {
    orderNo,
    command: { type: 'settle_refund', refundNo, outcome: answer.status, cause },
    actor: `provider:${provider}`,
    scope: 'everything',
  });
}

function requestOf({ refundNo, outTradeNo, transactionId, amountFen, capturedFen }: SendableRefund): RefundRequest {
  return { refundNo, outTradeNo, transactionId, amountFen, capturedFen };
}
