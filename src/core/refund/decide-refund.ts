/** An operator's word on a refund that waits for one. */

import { refuse, type Result } from '../errors.ts';
import { submit } from '../order/submit.ts';
import { sealWords } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { RefundOfOrder } from './refund-of-order.ts';
import { startIfApproved } from './request-refund.ts';

/** Refuses `refund_not_found`, `refund_already_decided`, `busy`. */
export async function decideRefund(
  services: Services,
  refundNo: string,
  verdict: 'approve' | 'reject',
  { actor, reason }: { actor: string; reason: string | null },
): Promise<Result<RefundOfOrder>> {
  const refund = await services.refunds.find(refundNo);
  if (!refund) return refuse('refund_not_found');
  const words = await sealWords(services, refund.orderNo, reason);
  const command = { type: 'decide_refund', refundNo, verdict, reason: words } as const;
  const submitted = await submit(services, { orderNo: refund.orderNo, scope: 'everything', actor, command });
  return submitted.ok ? startIfApproved(services, submitted.state, submitted.subject) : submitted;
}
