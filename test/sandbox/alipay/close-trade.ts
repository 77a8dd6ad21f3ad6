/** `alipay.trade.close`: ends a trade that waits for its payer. */
import { businessFailure, invalidParameter, success, type AnswerContent } from './answer.ts';
import { CLOSE, readBizContent } from './biz-content.ts';
import { findTrade, type Books } from './books.ts';
import { tradeStatus } from './trade-status.ts';

/**
 * Only a trade that exists and waits can be closed. An order string that nobody has opened yet is not one: the answer
 * is `ACQ.TRADE_NOT_EXIST`, and the string still works until its `time_expire`.
 *
 * @see https://opendocs.alipay.com/open/e84f0d79_alipay.trade.close
 */
export function closeTrade(books: Books, bizContent: string | undefined): AnswerContent {
  const read = readBizContent(CLOSE, bizContent);
  if (!read.ok) return invalidParameter(read.cause);
  const trade = findTrade(books, read.value);
  if (trade === null) return businessFailure('ACQ.TRADE_NOT_EXIST', '交易不存在');
  if (tradeStatus(trade, books.now()) !== 'WAIT_BUYER_PAY')
    return businessFailure('ACQ.TRADE_STATUS_ERROR', '交易状态不合法，只有等待买家付款的交易可以关闭');
  books.ledger.append(trade.outTradeNo, { type: 'closed', by: 'merchant' }, books.now());
  return success({ out_trade_no: trade.outTradeNo, trade_no: trade.transactionId });
}
