/** `GET /v3/pay/transactions/out-trade-no/{no}` and `…/id/{transaction_id}`: what became of an order. */
import * as z from 'zod';
import { refusal, success, type Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { PATH_OUT_TRADE_NO, readValue, TRANSACTION_ID } from './bodies.ts';
import type { Books } from './books.ts';
import { merchantProblem } from './merchant-problem.ts';
import { transactionOf } from './transaction.ts';

const QUERY = z.object({ mchid: z.string() });

/**
 * An order exists from its first prepay on. WeChat Pay's own number finds it once it is paid.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013070356
 */
export function queryOrder(books: Books, call: ApiCall): Answer {
  const query = readValue(QUERY, Object.fromEntries(call.query), 'query');
  if (!query.ok) return refusal('PARAM_ERROR', query.cause);
  if (call.query.size !== 1) return refusal('PARAM_ERROR', '参数错误：query 只能有一个 mchid');
  const problem = merchantProblem(books.merchant, query.value);
  if (problem !== null) return problem;
  const isById = call.subject.startsWith('id/');
  const number = call.subject.slice(call.subject.indexOf('/') + 1);
  const read = readValue(isById ? TRANSACTION_ID : PATH_OUT_TRADE_NO, number, 'path');
  if (!read.ok) return refusal('PARAM_ERROR', read.cause);
  const trade = isById ? books.ledger.tradeByTransactionId(read.value) : books.ledger.trade(read.value);
  if (trade === null || (isById && trade.capturedAtMs === null)) return refusal('ORDER_NOT_EXIST', '订单不存在');
  return success(transactionOf(books, trade));
}
