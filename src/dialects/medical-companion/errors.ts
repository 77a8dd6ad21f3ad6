/** The words and statuses of the medical companion for each reason to refuse. */

import type { Reason, Refusal } from '../../core/errors.ts';
import type { RenderedRefusal } from '../dialect.ts';

type Words = readonly [status: RenderedRefusal['status'], message: string];

/** What each reason means. What an order's state does not allow is a 409, whatever the state. */
const WORDS: Readonly<Record<Reason, Words>> = {
  unauthenticated: [401, '未登录或登录已失效'],
  forbidden: [403, '没有权限'],
  invalid_input: [400, '参数错误'],
  payload_too_large: [413, '请求内容过大'],
  route_not_found: [404, '接口不存在'],
  rate_limited: [429, '请求过于频繁，请稍后再试'],
  idempotency_key_reused: [422, '该 Idempotency-Key 已用于其他请求内容'],
  item_not_found: [404, '数据不存在'],
  price_invalid: [409, '服务价格设置错误'],
  item_not_for_sale: [409, '该服务已下架'],
  coupon_unusable: [409, '优惠券不可用'],
  order_not_found: [404, '订单不存在'],
  order_expired: [409, '订单已过期'],
  order_cancelled: [409, '订单已取消'],
  order_already_paid: [409, '订单已支付，请勿重复支付'],
  order_not_paid: [409, '订单状态不正确，只有已支付的订单可以退款'],
  order_not_unpaid: [409, '订单状态不正确，只有待支付的订单可以取消'],
  order_unfinished: [409, '您有未完成的订单，请稍后再试'],
  move_not_allowed: [409, '订单状态不正确'],
  attempt_open: [409, '订单正在支付，请稍后再试'],
  attempt_unsettled: [409, '订单正在支付，请稍后再试'],
  attempt_not_found: [404, '支付单不存在'],
  attempts_exhausted: [409, '该订单支付次数过多，请重新下单'],
  amount_differs: [409, '支付金额不一致'],
  payment_recorded_before: [409, '该支付单号已被使用'],
  provider_not_offered: [400, '暂不支持该支付方式'],
  provider_refused: [502, '支付渠道暂时不可用，请稍后重试'],
  provider_unavailable: [502, '支付渠道暂时不可用，请稍后重试'],
  refund_already_requested: [409, '订单已申请退款，请勿重复申请'],
  refund_already_decided: [409, '退款申请已处理'],
  refund_exceeds_paid: [400, '退款金额超过可退金额'],
  refund_not_found: [404, '退款不存在'],
  notification_not_found: [404, '通知不存在'],
  busy: [503, '系统繁忙，请稍后重试'],
  misconfigured: [503, '服务配置错误'],
};

/** What is not there, by the field that names it. Somebody else's is not there either. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  userId: '用户不存在',
  serviceId: '服务不存在',
  patientId: '就诊人不存在',
  addressId: '地址不存在',
};

/** Renders a refusal: `{code: <status>, message, errorMsg: <the same>, data: null}`. */
export function renderRefusal(refusal: Refusal): RenderedRefusal {
  const [status, words] = WORDS[refusal.reason];
  const message = messageOf(refusal, words);
  return { status, body: { code: status, message, errorMsg: message, data: null } };
}

function messageOf({ reason, field, message }: Refusal, words: string): string {
  if (reason === 'item_not_found') return NOT_FOUND[field ?? ''] ?? words;
  if (field !== undefined) return `${field} ${message ?? words}`.trim();
  return reason === 'misconfigured' && message !== undefined ? `${words}: ${message}` : words;
}
