/** `POST /v3/pay/transactions/out-trade-no/{no}/close`: ends an order that nobody has paid. */
import { NO_CONTENT, refusal, type Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { CLOSE, PATH_OUT_TRADE_NO, readBody, readValue } from './bodies.ts';
import type { Books } from './books.ts';
import { merchantProblem } from './merchant-problem.ts';
import { tradeState } from './trade-state.ts';

/**
 * 204 for what is closed now, for what was closed before, and for a number that WeChat Pay has never heard of: by
 * itself it proves nothing.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791860
 */
export function closeOrder(books: Books, call: ApiCall): Answer {
  const number = readValue(PATH_OUT_TRADE_NO, call.subject, 'path.out_trade_no');
  if (!number.ok) return refusal('PARAM_ERROR', number.cause);
  const body = readBody(CLOSE, call.body);
  if (!body.ok) return refusal('PARAM_ERROR', body.cause);
  const problem = merchantProblem(books.merchant, body.value);
  if (problem !== null) return problem;
  const trade = books.ledger.trade(number.value);
  if (trade === null) return NO_CONTENT;
  const state = tradeState(books, trade);
  if (state === 'SUCCESS' || state === 'REFUND') return refusal('ORDERPAID', '该订单已支付');
  if (state === 'NOTPAY') books.ledger.append(trade.outTradeNo, { type: 'closed', by: 'merchant' }, books.now());
  return NO_CONTENT;
}
