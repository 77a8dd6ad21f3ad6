/** The words and statuses of the print shop for each reason to refuse. */

import type { Reason, Refusal } from '../../core/errors.ts';
import type { RenderedRefusal } from '../dialect.ts';

type Words = readonly [status: RenderedRefusal['status'], message: string];

/**
 * What each reason means. Its published client shows words only of a 200, so whatever its user can do something about
 * is one.
 */
const WORDS: Readonly<Record<Reason, Words>> = {
  unauthenticated: [401, '未登录或登录已失效'],
  forbidden: [403, '没有权限'],
  invalid_input: [200, '参数错误'],
  payload_too_large: [413, '请求内容过大'],
  route_not_found: [404, '接口不存在'],
  rate_limited: [429, '请求过于频繁，请稍后再试'],
  idempotency_key_reused: [422, '该 Idempotency-Key 已用于其他请求内容'],
  item_not_found: [200, '数据不存在'],
  price_invalid: [200, '打印价格设置错误，请联系打印点'],
  item_not_for_sale: [200, '该打印点暂不接单'],
  coupon_unusable: [200, '优惠券不可用'],
  order_not_found: [200, '订单不存在'],
  order_expired: [200, '订单已过期'],
  order_cancelled: [200, '订单已取消'],
  order_already_paid: [200, '订单已支付，请勿重复支付'],
  order_not_paid: [200, '只有已支付且未打印的订单可以退款'],
  order_not_unpaid: [200, '只有待支付的订单可以取消'],
  order_unfinished: [200, '您有未完成的订单，请稍后再试'],
  move_not_allowed: [200, '已打印的订单不可退款'],
  attempt_open: [200, '订单正在支付，请稍后再试'],
  attempt_unsettled: [200, '订单正在支付，请稍后再试'],
  attempt_not_found: [200, '支付单不存在'],
  attempts_exhausted: [200, '该订单支付次数过多，请重新下单'],
  amount_differs: [200, '金额不一致'],
  payment_recorded_before: [200, '该支付单号已被使用'],
  provider_not_offered: [200, '暂不支持该支付方式'],
  provider_refused: [502, '支付渠道暂时不可用，请稍后重试'],
  provider_unavailable: [502, '支付渠道暂时不可用，请稍后重试'],
  refund_already_requested: [200, '订单已申请退款，请勿重复申请'],
  refund_already_decided: [200, '退款申请已处理'],
  refund_exceeds_paid: [200, '退款金额超过可退金额'],
  refund_not_found: [200, '退款不存在'],
  notification_not_found: [200, '通知不存在'],
  busy: [503, '系统繁忙，请稍后重试'],
  misconfigured: [503, '服务配置错误'],
};

/** What is not there, by the last part of the field that names it. */
const NOT_FOUND: Readonly<Record<string, string>> = {
  pointID: '打印点不存在',
  fileID: '文件不存在，请重新上传',
  size: '该打印点没有这种纸张、颜色或单双面的价格',
};

/** Renders a refusal: `{result: 'ERROR', message}`. */
export function renderRefusal(refusal: Refusal): RenderedRefusal {
  const [status, words] = WORDS[refusal.reason];
  return { status, body: { result: 'ERROR', message: messageOf(refusal, words) } };
}

function messageOf({ reason, field, message }: Refusal, words: string): string {
  if (field !== undefined) {
    const missing = reason === 'item_not_found' ? NOT_FOUND[field.split('.').at(-1) ?? ''] : undefined;
    return `${field} ${missing ?? message ?? words}`.trim();
  }
  if (reason === 'amount_differs') return message ?? words;
  return reason === 'misconfigured' && message !== undefined ? `${words}: ${message}` : words;
}
