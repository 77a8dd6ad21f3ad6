/** What the operator does in a demo, whichever dialect its order is of. */
import * as z from 'zod';
import { type Stage, step } from './stage.ts';

const history = z.object({ refunds: z.array(z.object({ refundNo: z.string(), status: z.string() })) });

/** Ends the work. */
export async function completeOrder({ serviceUrl, operatorToken }: Stage, orderNo: string): Promise<void> {
  await step('The operator completes the order', z.unknown(), `${serviceUrl}/admin/orders/${orderNo}/fulfilment`, {
    token: operatorToken,
    json: { to: 'completed' },
  });
}

/** Finds the refund that waits, and says yes to it. Throws where none does. */
export async function approveRefund({ serviceUrl, operatorToken }: Stage, orderNo: string): Promise<void> {
  const admin = `${serviceUrl}/admin`;
  const look = { token: operatorToken };
  const { refunds } = await step('The operator looks at the order', history, `${admin}/orders/${orderNo}`, look);
  const asked = refunds.find(({ status }) => status === 'requested');
  if (!asked) throw new Error('No refund is waiting for the operator.');
  await step('The operator approves the refund', z.unknown(), `${admin}/refunds/${asked.refundNo}/approve`, {
    method: 'POST',
    token: operatorToken,
  });
}
