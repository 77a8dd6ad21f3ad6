/** `alipay.trade.query`: what became of a payment. */
import { businessFailure, invalidParameter, success, type AnswerContent } from './answer.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { QUERY, readBizContent } from './biz-content.ts';
import { findTrade, type Books } from './books.ts';
import { PAYER } from './payer.ts';
import { tradeStatus } from './trade-status.ts';
import { formatYuan } from './yuan.ts';

/**
 * A trade exists once the payer has got as far as the password. Until then the answer is `ACQ.TRADE_NOT_EXIST`, which
 * is no promise that it will not be paid.
 *
 * @see https://opendocs.alipay.com/open/bff76748_alipay.trade.query
 */
export function queryTrade(books: Books, bizContent: string | undefined): AnswerContent {
  const read = readBizContent(QUERY, bizContent);
  if (!read.ok) return invalidParameter(read.cause);
  const trade = findTrade(books, read.value);
  if (trade === null)
    return businessFailure('ACQ.TRADE_NOT_EXIST', '交易不存在', {
      buyer_pay_amount: '0.00',
      invoice_amount: '0.00',
      ...(read.value.out_trade_no === undefined ? {} : { out_trade_no: read.value.out_trade_no }),
      point_amount: '0.00',
      receipt_amount: '0.00',
    });
  return success({
    buyer_logon_id: PAYER.logonId,
    buyer_pay_amount: formatYuan(trade.capturedFen),
    buyer_user_id: PAYER.userId,
    invoice_amount: formatYuan(trade.capturedFen),
    out_trade_no: trade.outTradeNo,
    point_amount: '0.00',
    receipt_amount: formatYuan(trade.capturedFen),
    ...(trade.capturedAtMs === null ? {} : { send_pay_date: formatBeijingTime(trade.capturedAtMs) }),
    subject: trade.subject,
    total_amount: formatYuan(trade.amountFen),
    trade_no: trade.transactionId,
    trade_status: tradeStatus(trade, books.now()),
  });
}
