/** The medical companion's document: its requests, and its answers with their values and the order of their keys. */

/** `POST /api/order/submit` */
export const SUBMIT = `{
  "userId": 1,
  "serviceId": 1,
  "patientId": 1,
  "addressId": 1,
  "appointmentDate": "2024-01-15",
  "appointmentTime": "morning",
  "specialRequirements": "无特殊要求",
  "formData": {
    "patientName": "张三",
    "patientPhone": "13800138000",
    "appointmentDate": "2024-01-15",
    "appointmentTime": "morning",
    "specialRequirements": "无特殊要求"
  }
}`;

export const SUBMITTED = {
  code: 0,
  data: { orderId: 1, orderNo: '202401150001', message: '订单提交成功，请及时支付' },
} as const;

/** `POST /api/order/pay/:id` */
export const PAY = `{
  "paymentMethod": "wechat_pay",
  "openId": "用户openId"
}`;

export const STARTED = {
  code: 0,
  data: {
    orderId: 1,
    orderNo: '202401150001',
    amount: 299,
    paymentParams: {
      appId: 'wx1234567890abcdef',
      timeStamp: '1642234567',
      nonceStr: 'randomstring',
      package: 'prepay_id=wx1234567890abcdef',
      signType: 'RSA',
      paySign: 'signature',
    },
  },
} as const;

/** `POST /api/order/cancel/:id` */
export const CANCEL = `{
  "reason": "个人原因取消"
}`;

export const CANCELLED = '{"code":0,"data":{"message":"订单取消成功"}}';

/** `POST /api/order/refund/:id` */
export const REFUND = `{
  "reason": "服务不满意",
  "refundAmount": 299.00
}`;

export const REFUND_ASKED = { code: 0, data: { refundId: 1, message: '退款申请提交成功' } } as const;

/** `GET /api/order/list` */
export const LISTED = {
  code: 0,
  data: {
    list: [
      {
        id: 1,
        orderNo: '202401150001',
        userId: 1,
        serviceId: 1,
        serviceTitle: '全面体检套餐',
        amount: 299,
        status: 'pending_pay',
        statusText: '待支付',
        appointmentDate: '2024-01-15',
        appointmentTime: 'morning',
        createdAt: '2024-01-01T12:00:00Z',
        updatedAt: '2024-01-01T12:00:00Z',
      },
    ],
    total: 10,
    page: 1,
    pageSize: 10,
    hasMore: false,
  },
} as const;

/** `GET /api/order/detail/:id` */
export const SHOWN = {
  code: 0,
  data: {
    id: 1,
    orderNo: '202401150001',
    userId: 1,
    serviceId: 1,
    serviceTitle: '全面体检套餐',
    serviceDescription: '包含血常规、尿常规、心电图等多项检查',
    amount: 299,
    status: 'paid',
    statusText: '已支付',
    appointmentDate: '2024-01-15',
    appointmentTime: 'morning',
    specialRequirements: '无特殊要求',
    formData: {
      patientName: '张三',
      patientPhone: '13800138000',
      appointmentDate: '2024-01-15',
      appointmentTime: 'morning',
      specialRequirements: '无特殊要求',
    },
    paymentInfo: {
      paymentMethod: 'wechat_pay',
      transactionId: 'wx1234567890abcdef',
      paidAt: '2024-01-01T12:30:00Z',
    },
    refundInfo: null,
    createdAt: '2024-01-01T12:00:00Z',
    updatedAt: '2024-01-01T12:30:00Z',
  },
} as const;
