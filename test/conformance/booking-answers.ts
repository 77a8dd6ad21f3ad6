/** The types of every answer of technician booking, written from its document alone: not one key more, not one less. */
import * as z from 'zod';

const orderId = z.string().regex(/^20\d{20}$/);
const paymentId = z.string().regex(/^20\d{24}$/);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const count = z.int().nonnegative();
const id = z.int().positive();
const payType = z.union([z.literal(1), z.literal(2)]);
const status = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
const pageUrl = z.string().regex(/^https:\/\/orders\.example\/V1\/order\?page=[1-9]\d*$/);

const serviceItem = z.strictObject({
  id,
  uuid: z.string(),
  technician_id: id,
  title: z.string(),
  thumb_min: z.url(),
  tour_price: count,
  sold_count: count,
});
const technician = z.strictObject({ id, uuid: z.string(), name: z.string(), avatar: z.url() });

const terms = {
  id,
  order_id: orderId,
  user_id: id,
  service_id: id,
  technician_id: id,
  order_duration: count,
  order_amount: id,
  status,
  pay_type: payType,
  created_at: time,
  updated_at: time,
};
const items = { service_item: serviceItem, technician };

const ok = { code: z.literal(0), message: z.literal('') };

export const placedAnswer = z.strictObject({
  data: z.strictObject({
    order_id: orderId,
    user_id: id,
    service_id: id,
    technician_id: id,
    order_amount: id,
    status: z.literal(0),
    pay_type: payType,
    updated_at: time,
    created_at: time,
    id,
  }),
  ...ok,
});

export const listAnswer = z.strictObject({
  data: z.strictObject({
    current_page: id,
    data: z.array(z.strictObject({ ...terms, ...items })).max(10),
    first_page_url: pageUrl,
    from: id.nullable(),
    next_page_url: pageUrl.nullable(),
    path: z.literal('https://orders.example/V1/order'),
    per_page: z.literal('10'),
    prev_page_url: pageUrl.nullable(),
    to: id.nullable(),
  }),
  ...ok,
});

export const detailAnswer = z.strictObject({
  data: z.strictObject({ ...terms, expire_at: time, ...items }).nullable(),
  ...ok,
});

export const removedAnswer = z.strictObject({
  data: z.tuple([]),
  code: z.literal(0),
  message: z.literal('删除成功'),
});

export const startedAnswer = z.strictObject({
  message: z.literal('成功了！'),
  code: z.literal(0),
  data: z.strictObject({ payment_id: paymentId, order_str: z.string().min(1) }),
});

export const wechatStartedAnswer = z.strictObject({
  message: z.literal('成功了！'),
  code: z.literal(0),
  data: z.strictObject({
    payment_id: paymentId,
    appid: z.string().regex(/^wx\w{16}$/),
    partnerid: z.string().regex(/^\d+$/),
    prepayid: z.string().min(1),
    package: z.literal('Sign=WXPay'),
    noncestr: z.string().regex(/^[0-9A-Za-z]{1,32}$/),
    timestamp: z.string().regex(/^\d{10}$/),
    sign: z.base64(),
  }),
});

export const cancelledAnswer = z.strictObject({
  message: z.literal('取消成功'),
  code: z.literal(0),
  data: z.tuple([]),
});

export const refundAnswer = z.strictObject({
  message: z.literal(''),
  code: z.literal(0),
  data: z.strictObject({
    order_id: orderId,
    payment_id: paymentId,
    pay_amount: id,
    user_id: id,
    status: z.union([z.literal(0), z.literal(1)]),
    pay_type: payType,
    updated_at: time,
    created_at: time,
    id,
  }),
});
