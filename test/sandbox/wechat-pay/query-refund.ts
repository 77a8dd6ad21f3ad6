/** `GET /v3/refund/domestic/refunds/{out_refund_no}`: how far a refund has come. */
import { refusal, success, type Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { OUT_REFUND_NO, readValue } from './bodies.ts';
import type { Books } from './books.ts';
import { refundAnswerOf } from './refund-content.ts';

/**
 * Only `status` `SUCCESS` is money back.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791904
 */
export function queryRefund(books: Books, call: ApiCall): Answer {
  if (call.query.size > 0) return refusal('PARAM_ERROR', '参数错误：本接口没有查询参数');
  const read = readValue(OUT_REFUND_NO, call.subject, 'path.out_refund_no');
  if (!read.ok) return refusal('PARAM_ERROR', read.cause);
  const known = books.refunds.find(read.value);
  const trade = known === null ? null : books.ledger.trade(known.outTradeNo);
  if (known === null || trade === null) return refusal('RESOURCE_NOT_EXISTS', '退款单不存在');
  return success(refundAnswerOf({ refund: books.refunds.proceed(known), trade, orders: books.orders }));
}
