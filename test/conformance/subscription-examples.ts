/** The document of subscriptions: its requests, and its answers with their values and the order of their keys. */

/** `POST /user/order/save` */
export const SAVE = `{
  "cycle": "month_price",
  "plan_id": 1
}`;

/** `POST /user/order/checkout`, for the order of this number. Payment 1 is the document's; the demo rows have 10. */
export const checkoutOf = (tradeNo: string) => `{
  "trade_no": "${tradeNo}",
  "method": 10
}`;

/** `POST /user/order/cancel` */
export const cancelOf = (tradeNo: string) => `{
  "trade_no": "${tradeNo}"
}`;

export const CANCELLED = '{"data":true}';

/** `GET /user/order/check` */
export const CHECKED = '{"data":0}';

/** `GET /user/order/getPaymentMethod`: the first one as it is printed, and the two of the contract's page. */
export const METHODS = {
  data: [
    { id: 10, name: 'pay', payment: 'AlipayF2F' },
    { id: 11, name: '微信支付', payment: 'WechatPayNative' },
    { id: 12, name: '支付宝网页', payment: 'AlipayPage' },
  ],
} as const;

/** `GET /user/order/fetch`: an order that was cancelled after a try to pay. What `plan` is, another document says. */
export const LISTED = {
  invite_user_id: null,
  plan_id: 1,
  coupon_id: null,
  payment_id: 10,
  type: 1,
  cycle: 'month_price',
  trade_no: 'xxx',
  callback_no: null,
  total_amount: 10,
  discount_amount: null,
  surplus_amount: null,
  refund_amount: null,
  balance_amount: null,
  surplus_order_ids: null,
  status: 2,
  commission_status: 0,
  commission_balance: 0,
  paid_at: null,
  created_at: 1234567890,
  updated_at: 1234567890,
  plan: {},
} as const;

/** `GET /user/order/details`: an order that nobody has tried to pay. */
export const SHOWN = {
  id: 1275,
  invite_user_id: null,
  user_id: 2057,
  plan_id: 1,
  coupon_id: null,
  payment_id: null,
  type: 1,
  cycle: 'month_price',
  trade_no: 'xxx',
  callback_no: null,
  total_amount: 10,
  discount_amount: null,
  surplus_amount: null,
  refund_amount: null,
  balance_amount: null,
  surplus_order_ids: null,
  status: 0,
  commission_status: 0,
  commission_balance: 0,
  paid_at: null,
  created_at: 1234567890,
  updated_at: 1234567890,
  plan: {},
  try_out_plan_id: 0,
} as const;
