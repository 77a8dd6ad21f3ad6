/** The order string that a merchant signs, and its app hands to Alipay's or its page to the gateway. */
import { businessFailure, gatewayRefusal, type AnswerContent } from './answer.ts';
import { parseBeijingTime } from './beijing-time.ts';
import { APP_PAY, PAGE_PAY, readBizContent } from './biz-content.ts';
import type { OrderTerms } from './order-terms.ts';
import {
  checkNotifyUrl,
  checkPublicParameters,
  readParameters,
  unknownMethod,
  type Merchant,
} from './public-parameters.ts';

const ONE_MINUTE_MS = 60_000;

/** What the payments that need nothing but a signature may say, by their method. */
const RULES = new Map([
  ['alipay.trade.app.pay', APP_PAY],
  ['alipay.trade.page.pay', PAGE_PAY],
]);

/**
 * Reads an order string as Alipay would: signature, public parameters and every rule of its method.
 * One that has run out is still well-formed; whether it can be paid is for the cashier to say.
 */
export function readOrderString(
  orderString: string,
  merchant: Merchant,
  nowMs: number,
): { ok: true; terms: OrderTerms } | { ok: false; refusal: AnswerContent } {
  const parameters = readParameters(orderString);
  if (parameters === null) return { ok: false, refusal: gatewayRefusal('40002', 'isv.invalid-parameter', '参数重复') };
  const method = parameters.get('method') ?? '';
  const rules = RULES.get(method);
  if (rules === undefined) return { ok: false, refusal: unknownMethod(method) };
  const refusal = checkPublicParameters(parameters, { merchant, nowMs, mayBeOld: true });
  if (refusal !== null) return { ok: false, refusal };
  const read = readBizContent(rules, parameters.get('biz_content'));
  if (!read.ok) return { ok: false, refusal: businessFailure('ACQ.INVALID_PARAMETER', read.cause) };
  const signedAtMs = parseBeijingTime(parameters.get('timestamp') ?? '') ?? nowMs;
  if (read.value.time_expire - signedAtMs < ONE_MINUTE_MS)
    return { ok: false, refusal: businessFailure('ACQ.INVALID_PARAMETER', 'time_expire 须晚于下单时间至少一分钟') };
  const notifyUrlRefusal = checkNotifyUrl(parameters);
  if (notifyUrlRefusal !== null) return { ok: false, refusal: notifyUrlRefusal };
  const notifyUrl = parameters.get('notify_url') ?? '';
  const { out_trade_no: outTradeNo, total_amount: amountFen, subject, time_expire: payableUntilMs } = read.value;
  return { ok: true, terms: { outTradeNo, amountFen, subject, payableUntilMs, notifyUrl } };
}
