/** `alipay.trade.refund`: gives money back, once for each refund number. */
import type { Trade } from '../trade.ts';
import { businessFailure, invalidParameter, success, type AnswerContent } from './answer.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { readBizContent, REFUND } from './biz-content.ts';
import { findTrade, type Books } from './books.ts';
import { PAYER } from './payer.ts';
import { tradeStatus } from './trade-status.ts';
import { formatYuan } from './yuan.ts';

/**
 * Same number and same amount again changes nothing and says so with `fund_change=N`. `refund_fee` is what the trade
 * has given back altogether, not this time.
 *
 * @see https://opendocs.alipay.com/open/6c0cdd7d_alipay.trade.refund
 */
export function refundTrade(books: Books, bizContent: string | undefined): AnswerContent {
  const read = readBizContent(REFUND, bizContent);
  if (!read.ok) return invalidParameter(read.cause);
  const trade = findTrade(books, read.value);
  if (trade === null) return refused('ACQ.TRADE_NOT_EXIST', '交易不存在');
  const { refund_amount: amountFen } = read.value;
  const refundNo = read.value.out_request_no ?? trade.outTradeNo;
  const before = trade.refunds.find((refund) => refund.refundNo === refundNo);
  if (before !== undefined) {
    if (before.amountFen !== amountFen) return refused('ACQ.DISCORDANT_REPEAT_REQUEST', '请求信息不一致');
    return refunded(trade, 'N', before.atMs);
  }
  const objection = objectionTo(trade, amountFen, read.value.out_request_no === undefined, books.now());
  if (objection !== null) return objection;
  const { atMs } = books.ledger.append(trade.outTradeNo, { type: 'refunded', refundNo, amountFen }, books.now());
  return refunded({ ...trade, refundedFen: trade.refundedFen + amountFen }, 'Y', atMs);
}

function objectionTo(trade: Trade, amountFen: number, unnumbered: boolean, nowMs: number): AnswerContent | null {
  const status = tradeStatus(trade, nowMs);
  if (status === 'WAIT_BUYER_PAY') return refused('ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
  if (trade.capturedFen === 0) return refused('ACQ.TRADE_HAS_CLOSE', '交易已关闭');
  if (status === 'TRADE_FINISHED') return refused('ACQ.TRADE_HAS_FINISHED', '交易已完结，超过可退款期限');
  if (amountFen > trade.capturedFen - trade.refundedFen)
    return refused('ACQ.REASON_TRADE_REFUND_FEE_ERR', '退款金额超过可退金额');
  if (unnumbered && amountFen !== trade.amountFen)
    return refused('ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '部分退款必须传入 out_request_no');
  return null;
}

function refused(subCode: string, subMsg: string): AnswerContent {
  return businessFailure(subCode, subMsg, { refund_fee: '0.00', send_back_fee: '0.00' });
}

function refunded(trade: Trade, fundChange: 'Y' | 'N', atMs: number): AnswerContent {
  return success({
    buyer_logon_id: PAYER.logonId,
    buyer_user_id: PAYER.userId,
    fund_change: fundChange,
    gmt_refund_pay: formatBeijingTime(atMs),
    out_trade_no: trade.outTradeNo,
    refund_fee: formatYuan(trade.refundedFen),
    trade_no: trade.transactionId,
  });
}
