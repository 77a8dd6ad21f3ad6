/** `POST /v3/pay/transactions/{jsapi,app,native}`: creates an order, or hands the same one out again. */
import { randomDigits } from '../random-digits.ts';
import type { Trade } from '../trade.ts';
import { refusal, success, type Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { JSAPI_PREPAY, PREPAY, readBody } from './bodies.ts';
import type { Books } from './books.ts';
import { merchantProblem } from './merchant-problem.ts';
import type { TradeType } from './order-book.ts';
import { randomText } from './random-text.ts';
import { tradeState } from './trade-state.ts';

const ONE_MINUTE_MS = 60_000;
const LONGEST_LIFE_MS = 7 * 86_400_000;
const TRADE_TYPES: ReadonlyMap<string, TradeType> = new Map([
  ['jsapi', 'JSAPI'],
  ['app', 'APP'],
  ['native', 'NATIVE'],
]);

/**
 * The same number again is the same order, with a fresh handle, as long as every parameter is the same and nobody has
 * paid. WeChat Pay moves a `time_expire` that is too near or too far; here it is refused.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791856
 */
export function prepay(books: Books, call: ApiCall): Answer {
  const tradeType = TRADE_TYPES.get(call.subject) ?? 'NATIVE';
  const read = tradeType === 'JSAPI' ? readBody(JSAPI_PREPAY, call.body) : readBody(PREPAY, call.body);
  if (!read.ok) return refusal('PARAM_ERROR', read.cause);
  const problem = merchantProblem(books.merchant, read.value);
  if (problem !== null) return problem;
  const { out_trade_no: outTradeNo, time_expire: payableUntilMs } = read.value;
  const termsText = JSON.stringify({ tradeType, ...read.value });
  const trade = books.ledger.trade(outTradeNo);
  if (trade !== null) return again(books, trade, termsText);

  const leftMs = payableUntilMs - books.now();
  if (leftMs < ONE_MINUTE_MS || leftMs > LONGEST_LIFE_MS)
    return refusal('PARAM_ERROR', '参数错误：body.time_expire 须晚于下单时间一分钟至七天');
  const openid = read.value.payer?.openid ?? null;
  books.orders.save({ outTradeNo, tradeType, termsText, openid, couponFen: 0 });
  const opened = {
    type: 'opened',
    transactionId: `4200${randomDigits(6)}${formatBeijingTime(books.now()).slice(0, 10).replaceAll('-', '')}${randomDigits(10)}`,
    amountFen: read.value.amount.total,
    subject: read.value.description,
    payableUntilMs,
    notifyUrl: read.value.notify_url,
  } as const;
  books.ledger.append(outTradeNo, opened, books.now());
  return handleFor(books, outTradeNo, tradeType);
}

function again(books: Books, trade: Trade, termsText: string): Answer {
  const order = books.orders.find(trade.outTradeNo);
  if (order === null || order.termsText !== termsText)
    return refusal('OUT_TRADE_NO_USED', '商户订单号重复，且参数与首次下单不一致');
  const state = tradeState(books, trade);
  if (state === 'SUCCESS' || state === 'REFUND') return refusal('ORDERPAID', '该订单已支付');
  if (state === 'CLOSED') return refusal('ORDER_CLOSED', '该订单已关闭，请重新下单');
  if (books.now() >= trade.payableUntilMs) return refusal('INVALID_REQUEST', '该订单已过支付结束时间，请换单号下单');
  return handleFor(books, trade.outTradeNo, order.tradeType);
}

function handleFor({ orders, now }: Books, outTradeNo: string, tradeType: TradeType): Answer {
  if (tradeType === 'NATIVE') {
    const codeUrl = `weixin://wxpay/bizpayurl?pr=${randomText(9)}zz`;
    orders.issue(codeUrl, outTradeNo, now());
    return success({ code_url: codeUrl });
  }
  const clock = formatBeijingTime(now()).slice(0, 19).replaceAll(/\D/g, '');
  const prepayId = `wx${clock}${randomText(20).toLowerCase()}`;
  orders.issue(prepayId, outTradeNo, now());
  return success({ prepay_id: prepayId });
}
