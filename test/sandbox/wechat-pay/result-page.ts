/** The page after a button of the cashier, in WeChat Pay's words. */
import { readableBeijingTime } from '../pages/beijing-time.ts';
import { outcomePage, type Outcome, type Telling } from '../pages/outcome-page.ts';
import type { Markup } from '../pages/page.ts';
import type { Trade } from '../trade.ts';
import { LOOKS } from './looks.ts';
import type { TradeState } from './trade-state.ts';

const OUTCOMES: Record<TradeState, Outcome> = {
  NOTPAY: { sign: '…', tone: '', words: '未支付' },
  SUCCESS: { sign: '✓', tone: 'good', words: '支付成功' },
  REFUND: { sign: '↩', tone: '', words: '已转入退款' },
  CLOSED: { sign: '×', tone: 'bad', words: '订单已关闭' },
};

/** What the page shows. */
export type Result = { trade: Trade & { state: TradeState }; telling: Telling; ticket: string };

/** WeChat Pay tells its own number of an order once that is paid. */
export function resultPage({ trade, telling, ticket }: Result): Markup {
  const { outTradeNo, transactionId, state, capturedAtMs } = trade;
  return outcomePage(LOOKS, {
    outcome: OUTCOMES[state],
    trade,
    details: [
      ['商户订单号', outTradeNo],
      ['微信支付订单号', capturedAtMs === null ? null : transactionId],
      ['付款时间', capturedAtMs === null ? null : readableBeijingTime(capturedAtMs)],
      ['交易状态', state],
    ],
    telling,
    query: ticket,
  });
}
