/** Recharge's document: its requests as they are printed, and its answers with their values and the order of their keys. */

/** `POST /api/v1/order/create` */
export const CREATE = `{
    "product_id": 123,
    "customer_id": 456,
    "quantity": 1,
    "total_amount": 100.00,
    "payment_method": "alipay",
    "remark": "备注信息"
}`;

/** The same, of two: what is split, or recharged in part, is more than one. */
export const CREATE_TWO = CREATE.replace('"quantity": 1', '"quantity": 2').replace('100.00', '200.00');

/** `POST /api/v1/order/create`, and `GET /api/v1/order/:id` */
export const SHOWN = {
  code: 0,
  message: 'success',
  data: {
    id: 789,
    order_number: 'ORD202403150001',
    product_id: 123,
    customer_id: 456,
    quantity: 1,
    total_amount: 100,
    status: 'pending_payment',
    payment_method: 'alipay',
    remark: '备注信息',
    created_at: '2024-03-15T10:00:00Z',
    updated_at: '2024-03-15T10:00:00Z',
  },
} as const;

/** `GET /api/v1/order/list` */
export const LISTED = { code: 0, message: 'success', data: { total: 100, items: [SHOWN.data] } } as const;

/** `PUT /api/v1/order/:id/status` */
export const STATUS = `{
    "status": "recharging",
    "remark": "状态更新备注"
}`;

/** `POST /api/v1/order/:id/payment` */
export const PAYMENT = `{
    "payment_id": "PAY123456",
    "payment_time": "2024-03-15T10:00:00Z",
    "remark": "支付备注"
}`;

/** `POST /api/v1/order/:id/recharge` */
export const RECHARGE = `{
    "api_id": 123,
    "api_order_number": "API123456",
    "api_trade_num": "TRADE123456",
    "remark": "充值备注"
}`;

/** `POST /api/v1/order/:id/success` */
export const SUCCESS = `{
    "remark": "成功备注"
}`;

/** `POST /api/v1/order/:id/fail` */
export const FAIL = `{
    "remark": "失败原因"
}`;

/** `POST /api/v1/order/:id/refund` */
export const REFUND = `{
    "refund_amount": 100.00,
    "refund_reason": "退款原因",
    "remark": "退款备注"
}`;

/** `POST /api/v1/order/:id/cancel` */
export const CANCEL = `{
    "cancel_reason": "取消原因",
    "remark": "取消备注"
}`;

/** `POST /api/v1/order/:id/split`. The document prints one part, and an answer with two. */
export const SPLIT_IN_ONE = `{
    "split_orders": [
        {
            "quantity": 1,
            "amount": 100.00
        }
    ],
    "remark": "拆单备注"
}`;

export const SPLIT = SPLIT_IN_ONE.replace(/\{\s+"quantity"[^}]+\}/, (part) => `${part},\n        ${part}`);

export const SPLIT_OFF = { code: 0, message: 'success', data: { split_order_ids: [789, 790] } } as const;

/** `POST /api/v1/order/:id/partial` */
export const PARTIAL = `{
    "recharged_quantity": 1,
    "remaining_quantity": 1,
    "remark": "部分充值备注"
}`;

/** What every call without data answers. */
export const DONE = { code: 0, message: 'success', data: null } as const;
