/** The words and statuses of subscriptions for each reason to refuse, in the panel's two languages. */

import type { Reason, Refusal } from '../../core/errors.ts';
import type { RenderedRefusal } from '../dialect.ts';
import { IDEMPOTENCY_HEADER } from '../../http/idempotency-key.ts';
import { type Language, languageOf, sayFault, type Words } from './language.ts';
import { type Rule, RULES } from './rules.ts';

type Status = RenderedRefusal['status'];

/** What cannot be paid, for whichever reason: not there, somebody else's, paid, cancelled or run out. */
const NOT_PAYABLE = words('订单不存在或已支付', 'Order does not exist or has been paid');
const UNDER_WAY = words('订单正在支付，请稍后再试', 'The order is being paid, please try again later');
const GATEWAY_FAILED = words(
  '支付渠道暂时不可用，请稍后重试',
  'The payment gateway is not available, please try again later',
);

/** What each reason means. Whatever the panel's rules do not allow is a 400: its clients show its words. */
const WORDS: Readonly<Record<Reason, readonly [Status, Words]>> = {
  // Its clients go to the login on a 403, and on nothing else.
  unauthenticated: [403, words('未登录或登陆已过期', 'Not logged in, or the login has expired')],
  forbidden: [403, words('没有权限', 'Permission denied')],
  invalid_input: [422, words('参数错误', 'Invalid parameter')],
  payload_too_large: [413, words('请求内容过大', 'The request is too large')],
  route_not_found: [404, words('接口不存在', 'There is no such call')],
  rate_limited: [429, words('请求过于频繁，请稍后再试', 'Too many requests, please try again later')],
  idempotency_key_reused: [
    422,
    words('该 Idempotency-Key 已用于其他请求内容', 'The Idempotency-Key stands for another request'),
  ],
  item_not_found: [400, words('订阅计划不存在', 'Subscription plan does not exist')],
  price_invalid: [400, words('订单金额有误', 'The amount of the order cannot be charged')],
  item_not_for_sale: [
    400,
    words('该订阅已售罄，请更换其它订阅', 'This subscription has been sold out, please choose another subscription'),
  ],
  coupon_unusable: [400, words('优惠券无效', 'Invalid coupon')],
  order_not_found: [400, words('订单不存在', 'Order does not exist')],
  order_expired: [400, NOT_PAYABLE],
  order_cancelled: [400, NOT_PAYABLE],
  order_already_paid: [400, NOT_PAYABLE],
  order_not_paid: [400, words('订单未支付', 'The order has not been paid')],
  order_not_unpaid: [400, words('只可以取消待支付订单', 'You can only cancel pending orders')],
  order_unfinished: [
    400,
    words(
      '您有未付款或开通中的订单，请稍后再试或将其取消',
      'You have an unpaid or pending order, please try again later or cancel it',
    ),
  ],
  move_not_allowed: [400, words('订单状态有误', 'The order is not in the right state')],
  attempt_open: [400, UNDER_WAY],
  attempt_unsettled: [400, UNDER_WAY],
  attempt_not_found: [400, words('支付单不存在', 'Payment does not exist')],
  attempts_exhausted: [
    400,
    words('该订单支付次数过多，请重新下单', 'The order has had too many payments, please place a new one'),
  ],
  amount_differs: [400, words('支付金额不一致', 'The amount differs')],
  payment_recorded_before: [400, words('该支付单号已被使用', 'The payment has been used before')],
  provider_not_offered: [400, words('支付方式不可用', 'Payment method is not available')],
  provider_refused: [502, GATEWAY_FAILED],
  provider_unavailable: [502, GATEWAY_FAILED],
  refund_already_requested: [400, words('订单已申请退款', 'A refund has been requested before')],
  refund_already_decided: [400, words('退款申请已处理', 'The refund has been decided on')],
  refund_exceeds_paid: [400, words('退款金额超过可退金额', 'The refund exceeds what was paid')],
  refund_not_found: [400, words('退款不存在', 'Refund does not exist')],
  notification_not_found: [400, words('通知不存在', 'Notification does not exist')],
  busy: [503, words('系统繁忙，请稍后重试', 'The service is busy, please try again later')],
  misconfigured: [503, words('服务配置错误', 'The service is misconfigured')],
};

/** What the panel says where a reason covers several of its rules. `:limit` is the refusal's own number. */
const OF_RULE: Readonly<Record<Rule, Words>> = {
  sold_out: WORDS.item_not_for_sale[1],
  not_renewable: words(
    '该订阅无法续费，请更换其它订阅',
    'This subscription cannot be renewed, please change to another subscription',
  ),
  no_price: words(
    '该订阅周期无法进行购买，请选择其它周期',
    'This payment cycle cannot be purchased, please choose another cycle',
  ),
  nothing_to_reset: words(
    '订阅已过期或无有效订阅，无法购买重置包',
    'Subscription has expired or no active subscription, unable to purchase Data Reset Package',
  ),
  invalid: WORDS.coupon_unusable[1],
  not_begun: words('优惠券还未到可用时间', 'This coupon has not yet started'),
  ended: words('优惠券已过期', 'This coupon has expired'),
  used_up: words('优惠券已无可用次数', 'This coupon is no longer available'),
  used_up_by_user: words('该优惠券每人只能用 :limit 次', 'The coupon can only be used :limit per person'),
  other_plan: words('该订阅无法使用此优惠码', 'The coupon code cannot be used for this subscription'),
  not_payable: NOT_PAYABLE,
};

function words(chinese: string, english: string): Words {
  return { 'zh-CN': chinese, 'en-US': english };
}

/** Renders a refusal: `{message}`, and for input that is not what it should be also `{errors: {field: [text]}}`. */
export function renderRefusal(refusal: Refusal, request: Request): RenderedRefusal {
  const language = languageOf(request);
  const [status, said] = WORDS[refusal.reason];
  const faults = faultsOf(refusal).map((fault) => ({ ...fault, text: sayFault(fault, language) }));
  const [first] = faults;
  if (first === undefined) return { status, language, body: { message: messageOf(refusal, said, language) } };
  // A header is no field of the call: a form has nowhere to show it.
  const isHeader = refusal.faults === undefined && first.field === IDEMPOTENCY_HEADER;
  if (isHeader) return { status: 400, language, body: { message: first.text } };
  const byField = Map.groupBy(faults, ({ field }) => field);
  const errors = Object.fromEntries([...byField].map(([field, own]) => [field, own.map(({ text }) => text)]));
  return { status, language, body: { message: first.text, errors } };
}

function faultsOf({ reason, field, message = '', faults }: Refusal) {
  if (reason !== 'invalid_input' || field === undefined) return [];
  return faults ?? [{ field, message }];
}

function messageOf({ reason, rule, message }: Refusal, said: Words, language: Language): string {
  const ofRule = RULES.find((one) => one === rule);
  const text = (ofRule === undefined ? said : OF_RULE[ofRule])[language];
  if (reason === 'misconfigured' && message !== undefined) return `${text}: ${message}`;
  return text.replace(':limit', message ?? '');
}
