/** A refund as WeChat Pay tells it. */
import type { Trade } from '../trade.ts';
import { formatBeijingTime } from './beijing-time.ts';
import type { OrderBook } from './order-book.ts';
import { PAYER } from './payer.ts';
import type { Refund } from './refund-desk.ts';

/** What a refund is told from: itself, and the order that it belongs to. */
export type RefundParts = { refund: Refund; trade: Trade; orders: OrderBook };

/** The answer of the refund and the refund query. */
export function refundAnswerOf(parts: RefundParts): object {
  const { refund, trade } = parts;
  const { total, refund: refunded, ...payers } = amountsOf(parts);
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.refundNo,
    transaction_id: trade.transactionId,
    out_trade_no: trade.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: PAYER.account,
    ...successTimeOf(refund),
    create_time: formatBeijingTime(refund.requestedAtMs),
    status: refund.status,
    funds_account: 'AVAILABLE',
    amount: {
      total,
      refund: refunded,
      from: [],
      ...payers,
      settlement_refund: payers.payer_refund,
      settlement_total: payers.payer_total,
      discount_refund: refunded - payers.payer_refund,
      currency: 'CNY',
    },
    promotion_detail: [],
  };
}

/** What a notification has inside: another name for the status, and no app id. */
export function refundNoticeOf(parts: RefundParts, mchId: string): object {
  const { refund, trade } = parts;
  return {
    mchid: mchId,
    out_trade_no: trade.outTradeNo,
    transaction_id: trade.transactionId,
    out_refund_no: refund.refundNo,
    refund_id: refund.refundId,
    refund_status: refund.status,
    ...successTimeOf(refund),
    user_received_account: PAYER.account,
    amount: amountsOf(parts),
  };
}

function successTimeOf({ status, endedAtMs }: Refund): { success_time?: string } {
  return status === 'SUCCESS' && endedAtMs !== null ? { success_time: formatBeijingTime(endedAtMs) } : {};
}

function amountsOf({ refund: { amountFen }, trade, orders }: RefundParts) {
  const payerTotalFen = trade.amountFen - (orders.find(trade.outTradeNo)?.couponFen ?? 0);
  return {
    total: trade.amountFen,
    refund: amountFen,
    payer_total: payerTotalFen,
    payer_refund: Math.round((amountFen * payerTotalFen) / trade.amountFen),
  };
}
