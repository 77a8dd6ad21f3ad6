/** Alipay's words for the state of a trade. */
import type { Trade } from '../trade.ts';

/** From the payment on, a trade can be refunded for twelve months; then it is finished. */
const REFUNDABLE_MS = 365 * 86_400_000;

/** The four states that Alipay tells a merchant. */
export type TradeStatus = 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_FINISHED' | 'TRADE_CLOSED';

/** The state at a moment: time alone closes a trade that nobody paid, and finishes one that somebody did. */
export function tradeStatus(trade: Trade, nowMs: number): TradeStatus {
  if (trade.capturedAtMs === null)
    return trade.closedBy !== null || nowMs >= trade.payableUntilMs ? 'TRADE_CLOSED' : 'WAIT_BUYER_PAY';
  if (trade.refundedFen === trade.capturedFen) return 'TRADE_CLOSED';
  return nowMs - trade.capturedAtMs > REFUNDABLE_MS ? 'TRADE_FINISHED' : 'TRADE_SUCCESS';
}
