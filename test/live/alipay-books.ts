/** What the sandbox's Alipay has in its books: the truth about money, whatever the service believes. */
import * as z from 'zod';

const BOOKS = z.object({
  trades: z.array(z.object({ outTradeNo: z.string(), capturedFen: z.int(), refundedFen: z.int() })),
  entries: z.array(
    z.object({ outTradeNo: z.string(), event: z.looseObject({ type: z.string(), accepted: z.boolean().optional() }) }),
  ),
});

/** Each trade in fen, and the numbers of those whose notification the service has acknowledged. */
export type AlipayBooks = { trades: z.output<typeof BOOKS>['trades']; acknowledged: string[] };

/** Reads the books over the network. */
export async function readAlipayBooks(sandboxUrl: string): Promise<AlipayBooks> {
  const response = await fetch(`${sandboxUrl}/alipay/ledger`);
  const { trades, entries } = BOOKS.parse(await response.json());
  const accepted = entries.filter(({ event }) => event.type === 'notified' && event.accepted === true);
  return { trades, acknowledged: [...new Set(accepted.map(({ outTradeNo }) => outTradeNo))] };
}
