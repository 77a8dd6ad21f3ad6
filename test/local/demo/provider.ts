/** The provider's side of a demo: its cashier, its books, and how fast it gives money back. */
import * as z from 'zod';
import { type Stage, step } from './stage.ts';

/** A provider as the sandbox's addresses and its people call it. */
export type Provider = { path: 'alipay' | 'wechat-pay'; name: string };

const paid = z.object({
  trade: z.object({ outTradeNo: z.string() }),
  deliveries: z.array(z.object({ answer: z.string(), accepted: z.boolean() })),
});
const books = z.object({ trade: z.object({ capturedFen: z.int(), refundedFen: z.int() }) });

/** Pays with what the service gave out, and gives the payment's number. Throws where the service does not hear of it. */
export async function payInCashier(
  { sandboxUrl }: Stage,
  { path, name }: Provider,
  form: Record<string, string>,
): Promise<string> {
  const url = `${sandboxUrl}/${path}/cashier/pay`;
  const { trade, deliveries } = await step(`The customer pays in ${name}'s cashier`, paid, url, { form });
  if (!deliveries.some(({ accepted }) => accepted)) throw new Error('The service did not accept the notification.');
  return trade.outTradeNo;
}

/** Throws unless the provider has taken exactly the order's amount, and given all of it back, or as much as is said. */
export async function checkBooks(
  { sandboxUrl }: Stage,
  { path, name }: Provider,
  { outTradeNo, amountFen, backFen = amountFen }: { outTradeNo: string; amountFen: number; backFen?: number },
): Promise<void> {
  const { trade } = await step(`${name}'s books`, books, `${sandboxUrl}/${path}/ledger/${outTradeNo}`);
  if (trade.capturedFen !== amountFen || trade.refundedFen !== backFen) {
    throw new Error(
      `${name} took ${trade.capturedFen} fen and gave back ${trade.refundedFen}, not ${amountFen} and ${backFen}.`,
    );
  }
}

/** WeChat takes its time to give money back, and is asked again only after a minute: in here it does so at once. */
export async function withRefundsAtOnce<T>({ sandboxUrl }: Stage, work: () => Promise<T>): Promise<T> {
  const url = `${sandboxUrl}/control/wechat-pay`;
  await step('WeChat gives money back at once from here on', z.unknown(), url, { json: { refunds: 'at_once' } });
  try {
    return await work();
  } finally {
    await step('WeChat takes its time again', z.unknown(), url, { json: { refunds: 'on_query' } });
  }
}
