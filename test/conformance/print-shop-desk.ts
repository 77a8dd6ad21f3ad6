/** What operators do to a print order, at the operator API: every call that goes wrong throws. */
import * as z from 'zod';
import type { Received, Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';

const waiting = z.object({ items: z.array(z.object({ refundNo: z.string(), orderNo: z.string() })) });

function checked(answer: Received): Received {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer;
}

/** Says that a paid order is printed. */
export async function print(shop: Shop, orderID: string): Promise<void> {
  checked(await operatorOf(shop).post(`/orders/${orderID}/fulfilment`, { to: 'fulfilled' }));
}

/** Says that a printed order was fetched or delivered. */
export async function finish(shop: Shop, orderID: string): Promise<void> {
  checked(await operatorOf(shop).post(`/orders/${orderID}/fulfilment`, { to: 'completed' }));
}

/** Decides on the refund that waits. */
export async function decide(shop: Shop, orderID: string, verdict: 'approve' | 'reject'): Promise<void> {
  const operator = operatorOf(shop);
  const { items } = waiting.parse(checked(await operator.get('/refunds?status=requested&limit=100')).json);
  const refund = items.find(({ orderNo }) => orderNo === orderID);
  if (!refund) throw new Error('no refund waits for a decision');
  const body = verdict === 'reject' ? { reason: '已在打印' } : undefined;
  checked(await operator.post(`/refunds/${refund.refundNo}/${verdict}`, body));
}
