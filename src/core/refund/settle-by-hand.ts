/** Ends the refund of money that came by hand: whoever approved it has given it back. */

import { accept, refuse, type Result } from '../errors.ts';
import { submit, SYSTEM } from '../order/submit.ts';
import type { Services } from '../services.ts';
import type { Refund } from './refund.ts';
import type { RefundOfOrder } from './refund-of-order.ts';

/** There is no provider to wait for. Refuses `busy`; then the cron does it. */
export async function settleByHand(services: Services, refund: Refund): Promise<Result<RefundOfOrder>> {
  const { orderNo, refundNo } = refund;
  const command = { type: 'settle_refund', refundNo, outcome: 'succeeded', cause: null } as const;
  const settled = await submit(services, { orderNo, command, ...SYSTEM });
  if (!settled.ok) return settled;
  const done = settled.state.refunds.find((one) => one.refundNo === refundNo);
  return done ? accept({ order: settled.state.order, refund: done }) : refuse('busy', { retryAfterSeconds: 1 });
}
