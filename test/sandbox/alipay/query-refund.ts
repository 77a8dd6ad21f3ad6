/** `alipay.trade.fastpay.refund.query`: whether a refund number has given money back. */
import { businessFailure, invalidParameter, success, type AnswerContent } from './answer.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { readBizContent, REFUND_QUERY } from './biz-content.ts';
import { findTrade, type Books } from './books.ts';
import { formatYuan } from './yuan.ts';

/**
 * Only `refund_status=REFUND_SUCCESS` means refunded. A number that the trade does not know gets a success without it.
 *
 * @see https://opendocs.alipay.com/open/8c776df6_alipay.trade.fastpay.refund.query
 */
export function queryRefund(books: Books, bizContent: string | undefined): AnswerContent {
  const read = readBizContent(REFUND_QUERY, bizContent);
  if (!read.ok) return invalidParameter(read.cause);
  const trade = findTrade(books, read.value);
  if (trade === null) return businessFailure('ACQ.TRADE_NOT_EXIST', '交易不存在');
  const refund = trade.refunds.find(({ refundNo }) => refundNo === read.value.out_request_no);
  if (refund === undefined) return success({});
  const wantsTime = read.value.query_options?.includes('gmt_refund_pay') ?? false;
  return success({
    ...(wantsTime ? { gmt_refund_pay: formatBeijingTime(refund.atMs) } : {}),
    out_request_no: refund.refundNo,
    out_trade_no: trade.outTradeNo,
    refund_amount: formatYuan(refund.amountFen),
    refund_status: 'REFUND_SUCCESS',
    total_amount: formatYuan(trade.amountFen),
    trade_no: trade.transactionId,
  });
}
