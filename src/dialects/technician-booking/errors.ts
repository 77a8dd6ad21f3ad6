/** The words and statuses of technician booking for each reason to refuse. */

import type { Reason, Refusal } from '../../core/errors.ts';
import type { RenderedRefusal } from '../dialect.ts';

type Words = readonly [status: RenderedRefusal['status'], message: string];

/** What a reason means where nothing more special is said. */
const WORDS: Readonly<Record<Reason, Words>> = {
  unauthenticated: [401, 'Unauthenticated.'],
  forbidden: [403, '没有权限'],
  invalid_input: [400, '参数错误'],
  payload_too_large: [413, '请求内容过大'],
  route_not_found: [404, '接口不存在'],
  rate_limited: [429, '请求过于频繁，请稍后再试'],
  idempotency_key_reused: [422, '该 Idempotency-Key 已用于其他请求内容'],
  item_not_found: [400, '数据不存在'],
  price_invalid: [400, '服务价格设置错误'],
  item_not_for_sale: [400, '该服务已下架'],
  coupon_unusable: [400, '优惠券不可用'],
  order_not_found: [404, '订单不存在'],
  order_expired: [400, '订单已过期'],
  order_cancelled: [400, '订单已取消'],
  order_already_paid: [429, '该订单已支付成功，请勿重复支付'],
  order_not_paid: [404, '该订单不存在或未支付'],
  order_not_unpaid: [404, '只有未支付可以删除'],
  order_unfinished: [429, '您有未完成的订单，请稍后再试'],
  move_not_allowed: [409, '订单状态不正确'],
  attempt_open: [429, '该订单正在支付，请稍后'],
  attempt_unsettled: [429, '该订单正在支付，请稍后'],
  attempt_not_found: [404, '支付单不存在'],
  attempts_exhausted: [429, '该订单支付次数过多，请重新下单'],
  amount_differs: [409, '支付金额不一致'],
  payment_recorded_before: [409, '该支付单号已被使用'],
  provider_not_offered: [400, '暂不支持该支付方式'],
  provider_refused: [502, '支付渠道暂时不可用，请稍后重试'],
  provider_unavailable: [502, '支付渠道暂时不可用，请稍后重试'],
  refund_already_requested: [429, '已发起退款申请，请耐心等待'],
  refund_already_decided: [409, '退款申请已处理'],
  refund_exceeds_paid: [400, '退款金额超过可退金额'],
  refund_not_found: [404, '退款不存在'],
  notification_not_found: [404, '通知不存在'],
  busy: [503, '系统繁忙，请稍后重试'],
  misconfigured: [503, '服务配置错误'],
};

/** What the same reasons mean to someone who wants to pay, and to someone who wants their money back. */
export const PAY_WORDS: Partial<Record<Reason, Words>> = { order_not_found: [404, '该订单不存在'] };
export const REFUND_WORDS: Partial<Record<Reason, Words>> = {
  order_not_found: [404, '该订单不存在或未支付'],
  invalid_input: [422, '参数错误'],
};

/** Renders a refusal: `{message, code: -1, data: []}`. */
export function renderRefusal(refusal: Refusal, special: Partial<Record<Reason, Words>> = {}): RenderedRefusal {
  const [status, words] = special[refusal.reason] ?? WORDS[refusal.reason];
  const detail = refusal.field === undefined ? '' : `${refusal.field} ${refusal.message ?? words}`.trim();
  const isOurFault = refusal.reason === 'misconfigured' && refusal.message !== undefined;
  const message = detail !== '' ? detail : isOurFault ? `${words}: ${refusal.message ?? ''}` : words;
  return { status, body: { message, code: -1, data: [] } };
}
