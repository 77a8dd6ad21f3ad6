/** The answers of technician booking as its document prints them: values, nulls and the order of the keys. */

const TECHNICIAN = {
  id: 2,
  uuid: 'uuid-222',
  name: '小娜',
  avatar: 'https://image.fmock.com/MPWangzhe/hero/111.jpg',
} as const;

const SERVICE_2 = {
  id: 2,
  uuid: 'uuid-222',
  technician_id: 1,
  title: '1号技师的项目二',
  thumb_min: 'https://t.592xuexi.cn/yam/d-11-1.png',
  tour_price: 9800,
  sold_count: 120,
} as const;

const SERVICE_3 = {
  id: 3,
  uuid: 'uuid-333',
  technician_id: 2,
  title: '2号技师的项目1',
  thumb_min: 'https://t.592xuexi.cn/yam/d-11-1.png',
  tour_price: 10000,
  sold_count: 25,
} as const;

/** `POST /V1/order` */
export const PLACED = {
  data: {
    order_id: '2022112205568384235292',
    user_id: 50373883813,
    service_id: 2,
    technician_id: 2,
    order_amount: 19600,
    status: 0,
    pay_type: 1,
    updated_at: '2022-11-22T08:26:08.000000Z',
    created_at: '2022-11-22T08:26:08.000000Z',
    id: 10,
  },
  code: 0,
  message: '',
} as const;

const LISTED_FIRST = {
  id: 7,
  order_id: '2022112285736691067477',
  user_id: 50373883813,
  service_id: 2,
  technician_id: 2,
  order_duration: 0,
  order_amount: 19600,
  status: 0,
  pay_type: 2,
  created_at: '2022-11-22T02:55:36.000000Z',
  updated_at: '2022-11-22T02:55:36.000000Z',
  service_item: SERVICE_2,
  technician: TECHNICIAN,
} as const;

const LISTED_SECOND = {
  id: 1,
  order_id: '2022112285205943366768',
  user_id: 50373883813,
  service_id: 3,
  technician_id: 2,
  order_duration: 0,
  order_amount: 50000,
  status: 0,
  pay_type: 1,
  created_at: '2022-11-22T02:46:45.000000Z',
  updated_at: '2022-11-22T02:46:45.000000Z',
  service_item: SERVICE_3,
  technician: TECHNICIAN,
} as const;

/** `GET /V1/order/?page=1&order_type=5` */
export const LISTED = {
  data: {
    current_page: 1,
    data: [LISTED_FIRST, LISTED_SECOND],
    first_page_url: 'http://api.aam-test.com:81/V1/order?page=1',
    from: 1,
    next_page_url: null,
    path: 'http://api.aam-test.com:81/V1/order',
    per_page: '10',
    prev_page_url: null,
    to: 2,
  },
  code: 0,
  message: '',
} as const;

/** `GET /V1/order/{order_id}` */
export const SHOWN = {
  data: {
    id: 1,
    order_id: '2022112285205943366768',
    user_id: 50373883813,
    service_id: 3,
    technician_id: 2,
    order_duration: 0,
    order_amount: 50000,
    status: 0,
    pay_type: 1,
    created_at: '2022-11-22T02:46:45.000000Z',
    updated_at: '2022-11-22T02:46:45.000000Z',
    expire_at: '2022-10-23T02:47:56.000000Z',
    service_item: SERVICE_3,
    technician: TECHNICIAN,
  },
  code: 0,
  message: '',
} as const;

/** `DELETE /V1/order/{order_id}` */
export const REMOVED = { data: [], code: 0, message: '删除成功' } as const;

/** `POST /V1/order/pay`, Alipay. The order string's own contents are the provider's business. */
export const STARTED = {
  message: '成功了！',
  code: 0,
  data: { payment_id: '20221122055683842352922648', order_str: 'app_id=2021003133619168' },
} as const;

/** `DELETE /V1/order/pay/{payment_id}` */
export const CANCELLED = { message: '取消成功', code: 0, data: [] } as const;

/** `POST /V1/order/pay/refund` */
export const REFUND_ASKED = {
  message: '',
  code: 0,
  data: {
    order_id: '2022112202294206595730',
    payment_id: '20221122022942065957303791',
    pay_amount: 19600,
    user_id: 50373883813,
    status: 0,
    pay_type: 2,
    updated_at: '2022-11-22T08:34:07.000000Z',
    created_at: '2022-11-22T08:34:07.000000Z',
    id: 3,
  },
} as const;
