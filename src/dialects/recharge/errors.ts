/** The words, codes and statuses of recharge for each reason to refuse. */

import type { Reason, Refusal } from '../../core/errors.ts';
import type { RenderedRefusal } from '../dialect.ts';

type Words = readonly [status: RenderedRefusal['status'], code: number, message: string];

/** The document's table of codes; what is not in it carries its status. */
const PARAMETER = 1001;
const NOT_FOUND = 1002;
const STATE = 1003;
const PERMISSION = 1004;
const SYSTEM = 1005;

/** What each reason means. What an order's state does not allow is a 409, whatever the state. */
const WORDS: Readonly<Record<Reason, Words>> = {
  unauthenticated: [401, PERMISSION, '未登录或登录已失效'],
  forbidden: [403, PERMISSION, '权限不足'],
  invalid_input: [400, PARAMETER, '参数错误'],
  payload_too_large: [413, 413, '请求内容过大'],
  route_not_found: [404, 404, '接口不存在'],
  rate_limited: [429, 429, '请求过于频繁，请稍后再试'],
  idempotency_key_reused: [422, 422, '该 Idempotency-Key 已用于其他请求内容'],
  item_not_found: [404, NOT_FOUND, '数据不存在'],
  price_invalid: [400, PARAMETER, '商品价格设置错误'],
  item_not_for_sale: [400, PARAMETER, '商品已下架'],
  coupon_unusable: [400, PARAMETER, '优惠券不可用'],
  order_not_found: [404, NOT_FOUND, '订单不存在'],
  order_expired: [409, STATE, '订单已过期'],
  order_cancelled: [409, STATE, '订单已取消'],
  order_already_paid: [409, STATE, '订单已支付'],
  order_not_paid: [409, STATE, '订单未支付'],
  order_not_unpaid: [409, STATE, '订单状态错误，只有待支付的订单可以取消'],
  order_unfinished: [409, STATE, '您有未完成的订单，请稍后再试'],
  move_not_allowed: [409, STATE, '订单状态错误'],
  attempt_open: [409, STATE, '订单正在支付，请稍后再试'],
  attempt_unsettled: [409, STATE, '订单正在支付，请稍后再试'],
  attempt_not_found: [404, NOT_FOUND, '支付单不存在'],
  attempts_exhausted: [409, STATE, '该订单支付次数过多，请重新下单'],
  amount_differs: [400, PARAMETER, 'split_orders 金额之和必须等于订单金额'],
  payment_recorded_before: [409, STATE, '该支付ID已被使用'],
  provider_not_offered: [400, PARAMETER, '暂不支持该支付方式'],
  provider_refused: [502, 502, '支付渠道暂时不可用，请稍后重试'],
  provider_unavailable: [502, 502, '支付渠道暂时不可用，请稍后重试'],
  refund_already_requested: [409, STATE, '订单已退款或正在退款'],
  refund_already_decided: [409, STATE, '退款申请已处理'],
  refund_exceeds_paid: [400, PARAMETER, 'refund_amount 超过可退金额'],
  refund_not_found: [404, NOT_FOUND, '退款不存在'],
  notification_not_found: [404, NOT_FOUND, '通知不存在'],
  busy: [500, SYSTEM, '系统繁忙，请稍后重试'],
  misconfigured: [503, SYSTEM, '服务配置错误'],
};

/** What is not there, by the field that names it. */
const MISSING: Readonly<Record<string, string>> = {
  product_id: '商品不存在',
  customer_id: '客户不存在',
  api_id: '供应商不存在',
};

/** Renders a refusal: `{code, message, data: null}`. */
export function renderRefusal(refusal: Refusal): RenderedRefusal {
  const [status, code, words] = WORDS[refusal.reason];
  return { status, body: { code, message: messageOf(refusal, words), data: null } };
}

/** The core's own words for a state are for operators of the service, and in English. */
function messageOf({ reason, field, message }: Refusal, words: string): string {
  if (reason === 'item_not_found') return MISSING[field ?? ''] ?? words;
  if (field !== undefined) return `${field} ${message ?? words}`.trim();
  return reason === 'misconfigured' && message !== undefined ? `${words}: ${message}` : words;
}
