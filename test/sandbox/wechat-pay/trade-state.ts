/** WeChat Pay's words for the state of an order. */
import type { Trade } from '../trade.ts';
import type { Books } from './books.ts';

/** Nobody can pay an order that is older, and it counts as closed. */
const OLDEST_UNPAID_MS = 7 * 86_400_000;

/** The states that these products can show. */
export type TradeState = 'SUCCESS' | 'REFUND' | 'NOTPAY' | 'CLOSED';

/**
 * The state now. Past `time_expire` an order is still `NOTPAY`: only the merchant or a week closes it. `REFUND` says
 * that a refund was asked for, be it a part, so the order was paid.
 */
export function tradeState({ refunds, now }: Pick<Books, 'refunds' | 'now'>, trade: Trade): TradeState {
  if (trade.capturedAtMs === null)
    return trade.closedBy !== null || now() - trade.openedAtMs >= OLDEST_UNPAID_MS ? 'CLOSED' : 'NOTPAY';
  return refunds.of(trade.outTradeNo).some(({ status }) => status !== 'CLOSED') ? 'REFUND' : 'SUCCESS';
}
