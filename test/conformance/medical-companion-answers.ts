/** The types of every answer of the medical companion, from its document alone: not one key more, not one less. */
import * as z from 'zod';

const id = z.int().positive();
const orderNo = z.string().regex(/^20\d{20}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const date = z.string().regex(/^\d{4}-\d\d-\d\d$/);
/** Yuan, as the number nearest to its hundredths. */
const yuan = z
  .number()
  .positive()
  .refine((value) => Math.round(value * 100) / 100 === value);

const answer = <Data extends z.ZodType>(data: Data) => z.strictObject({ code: z.literal(0), data });

export const submittedAnswer = answer(
  z.strictObject({ orderId: id, orderNo, message: z.literal('订单提交成功，请及时支付') }),
);

const started = { orderId: id, orderNo, amount: yuan };

export const startedAnswer = answer(
  z.strictObject({
    ...started,
    paymentParams: z.strictObject({
      appId: z.string().regex(/^wx\w{16}$/),
      timeStamp: z.string().regex(/^\d{10}$/),
      nonceStr: z.string().regex(/^[0-9A-Za-z]{1,32}$/),
      package: z.string().regex(/^prepay_id=\w+$/),
      signType: z.literal('RSA'),
      paySign: z.base64(),
    }),
  }),
);

export const startedByAlipayAnswer = answer(
  z.strictObject({ ...started, paymentParams: z.strictObject({ orderString: z.string().min(1) }) }),
);

export const cancelledAnswer = answer(z.strictObject({ message: z.literal('订单取消成功') }));

export const refundAnswer = answer(z.strictObject({ refundId: id, message: z.literal('退款申请提交成功') }));

const service = { id, orderNo, userId: id, serviceId: id, serviceTitle: z.string().min(1) };

/** Each status with its text. */
const STATUS_TEXTS = {
  pending_pay: '待支付',
  paid: '已支付',
  completed: '已完成',
  cancelled: '已取消',
  refunded: '已退款',
} as const;
const status = z.enum(['pending_pay', 'paid', 'completed', 'cancelled', 'refunded']);
const state = { amount: yuan, status, statusText: z.string() };
const saysItsStatus = (order: { status: z.output<typeof status>; statusText: string }) =>
  STATUS_TEXTS[order.status] === order.statusText;

const times = { createdAt: time, updatedAt: time };

export const listAnswer = answer(
  z.strictObject({
    list: z
      .array(
        z
          .strictObject({ ...service, ...state, appointmentDate: date, appointmentTime: z.string().min(1), ...times })
          .refine(saysItsStatus),
      )
      .max(50),
    total: z.int().nonnegative(),
    page: id,
    pageSize: id,
    hasMore: z.boolean(),
  }),
);

export const detailAnswer = answer(
  z
    .strictObject({
      ...service,
      serviceDescription: z.string(),
      ...state,
      appointmentDate: date,
      appointmentTime: z.string().min(1),
      specialRequirements: z.string(),
      formData: z.record(z.string(), z.json()),
      paymentInfo: z
        .strictObject({
          paymentMethod: z.enum(['wechat_pay', 'alipay']),
          transactionId: z.string().min(1),
          paidAt: time,
        })
        .nullable(),
      refundInfo: z
        .strictObject({
          refundId: id,
          refundAmount: yuan,
          refundReason: z.string().min(1),
          status: z.enum(['pending', 'processing', 'refunded', 'rejected']),
          refundedAt: time.nullable(),
        })
        .nullable(),
      ...times,
    })
    .refine(saysItsStatus),
);
