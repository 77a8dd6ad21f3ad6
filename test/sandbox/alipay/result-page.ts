/** The page after a button of the cashier, in Alipay's words. */
import { readableBeijingTime } from '../pages/beijing-time.ts';
import { outcomePage, type Outcome, type Telling } from '../pages/outcome-page.ts';
import type { Markup } from '../pages/page.ts';
import type { Trade } from '../trade.ts';
import { LOOKS } from './looks.ts';
import type { PaymentTicket } from './payment-ticket.ts';
import type { TradeStatus } from './trade-status.ts';

const OUTCOMES: Record<TradeStatus, Outcome> = {
  WAIT_BUYER_PAY: { sign: '…', tone: '', words: '等待付款' },
  TRADE_SUCCESS: { sign: '✓', tone: 'good', words: '支付成功' },
  TRADE_FINISHED: { sign: '✓', tone: 'good', words: '交易完成' },
  TRADE_CLOSED: { sign: '×', tone: 'bad', words: '交易关闭' },
};

/** What the page shows. */
export type Result = { trade: Trade & { status: TradeStatus }; telling: Telling; ticket: PaymentTicket };

/** Alipay numbers a trade from the moment it is opened, so its number is always there. */
export function resultPage({ trade, telling, ticket }: Result): Markup {
  const { outTradeNo, transactionId, status, capturedAtMs } = trade;
  return outcomePage(
    { ...LOOKS, bar: '支付结果' },
    {
      outcome: OUTCOMES[status],
      trade,
      details: [
        ['商户订单号', outTradeNo],
        ['支付宝交易号', transactionId],
        ['交易状态', status],
        ['付款时间', capturedAtMs === null ? null : readableBeijingTime(capturedAtMs)],
      ],
      telling,
      query: ticket,
    },
  );
}
