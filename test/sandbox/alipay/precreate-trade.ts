/** `alipay.trade.precreate`: gives a code, behind which a trade comes to be when somebody scans it. */
import { randomDigits } from '../random-digits.ts';
import { businessFailure, invalidParameter, success, type AnswerContent } from './answer.ts';
import { PRECREATE, readBizContent } from './biz-content.ts';
import type { Books } from './books.ts';
import { sameTerms, type OrderTerms } from './order-terms.ts';
import { tradeStatus } from './trade-status.ts';

const ONE_MINUTE_MS = 60_000;
const LONGEST_LIFE_MS = 15 * 86_400_000;
/** So many codes one number can have. */
const MOST_CODES = 20;

/**
 * The same number in the same words gets another code of the same payment, as long as nobody has paid it; the earlier
 * codes stay good.
 *
 * @see https://opendocs.alipay.com/open/02ekfg
 */
export function precreateTrade(books: Books, bizContent: string | undefined, notifyUrl: string): AnswerContent {
  const read = readBizContent(PRECREATE, bizContent);
  if (!read.ok) return invalidParameter(read.cause);
  const { out_trade_no: outTradeNo, total_amount: amountFen, subject, time_expire: payableUntilMs } = read.value;
  const terms = { outTradeNo, amountFen, subject, payableUntilMs, notifyUrl };
  const objection = objectionTo(books, terms);
  if (objection !== null) return objection;
  const codeUrl = `https://qr.alipay.com/bax${randomDigits(21)}`;
  const codes = (books.codes.findOrder(outTradeNo)?.codes ?? 0) + 1;
  books.codes.issue(codeUrl, { terms, codes }, books.now());
  return success({ out_trade_no: outTradeNo, qr_code: codeUrl });
}

function objectionTo(books: Books, terms: OrderTerms): AnswerContent | null {
  const nowMs = books.now();
  const order = books.codes.findOrder(terms.outTradeNo);
  const trade = books.ledger.trade(terms.outTradeNo);
  if ([order?.terms, trade].some((before) => before && !sameTerms(before, terms)))
    return businessFailure('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
  if (trade !== null && trade.capturedFen > 0) return businessFailure('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
  if (trade !== null && tradeStatus(trade, nowMs) === 'TRADE_CLOSED')
    return businessFailure('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
  const leftMs = terms.payableUntilMs - nowMs;
  if (leftMs <= 0) return businessFailure('ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR', '当前时间已超过允许支付的时间');
  if (order === null && (leftMs < ONE_MINUTE_MS || leftMs > LONGEST_LIFE_MS))
    return invalidParameter('参数无效：biz_content.time_expire 须晚于下单时间一分钟至十五天');
  if (order !== null && order.codes >= MOST_CODES)
    return businessFailure('ACQ.APPLY_PC_MERCHANT_CODE_ERROR', '申请二维码失败');
  return null;
}
