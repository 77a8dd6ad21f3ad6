/** `POST /v3/refund/domestic/refunds`: takes a refund on, once for each refund number. */
import type { Trade } from '../trade.ts';
import { refusal, success, type Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { readBody, REFUND } from './bodies.ts';
import type { Books } from './books.ts';
import { refundAnswerOf } from './refund-content.ts';

const REFUNDABLE_MS = 365 * 86_400_000;
const MOST_REFUNDS = 50;

/**
 * Status 200 says that the refund was taken on, not that money is back. The same number again is the same refund and
 * changes nothing, whatever has become of it.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791903
 */
export function refundOrder(books: Books, call: ApiCall): Answer {
  const read = readBody(REFUND, call.body);
  if (!read.ok) return refusal('PARAM_ERROR', read.cause);
  const { out_trade_no, transaction_id, out_refund_no: refundNo, amount, notify_url: notifyUrl = null } = read.value;
  const trade =
    transaction_id === undefined
      ? books.ledger.trade(out_trade_no ?? '')
      : books.ledger.tradeByTransactionId(transaction_id);
  if (trade === null || trade.capturedAtMs === null) return refusal('RESOURCE_NOT_EXISTS', '订单不存在或未支付');
  const before = books.refunds.find(refundNo);
  if (before !== null) {
    const isSame = before.outTradeNo === trade.outTradeNo && before.amountFen === amount.refund;
    return isSame && amount.total === trade.amountFen
      ? success(refundAnswerOf({ refund: before, trade, orders: books.orders }))
      : refusal('INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试');
  }
  const problem = refundProblem(books, trade, amount);
  if (problem !== null) return refusal('INVALID_REQUEST', problem);
  const { outTradeNo } = trade;
  const refund = books.refunds.accept({ refundNo, outTradeNo, amountFen: amount.refund, notifyUrl });
  return success(refundAnswerOf({ refund, trade, orders: books.orders }));
}

/** Refunds under way count as money that is gone; only a closed one gives its share free. */
function refundProblem(books: Books, trade: Trade, amount: { refund: number; total: number }): string | null {
  if (amount.total !== trade.amountFen) return '订单金额与原订单不一致，请核实后再试';
  if (books.now() - (trade.capturedAtMs ?? 0) > REFUNDABLE_MS) return '订单已超过可退款的最大期限';
  const refunds = books.refunds.of(trade.outTradeNo).filter(({ status }) => status !== 'CLOSED');
  if (refunds.length >= MOST_REFUNDS) return '一笔订单最多退款五十次';
  const takenFen = refunds.reduce((sum, { amountFen }) => sum + amountFen, 0);
  return takenFen + amount.refund > trade.capturedFen ? '申请退款金额大于订单可退金额' : null;
}
