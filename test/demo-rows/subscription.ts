/** The rows that make the document's examples of subscriptions work as printed, and the balances that go with them. */
import type * as z from 'zod';
import type { couponSchema, paymentMethodSchema, planSchema } from '../../src/dialects/subscription/catalog-rows.ts';
import type { userSchema } from '../../src/dialects/users.ts';
import type { DemoBalance } from './demo-balance.ts';
import type { DemoRow } from './demo-row.ts';

/** The second one was invited by the first one. */
const users: Record<string, z.input<typeof userSchema>> = {
  2057: { name: '周小北', phone: '13700137000' },
  2058: { name: '吴小南', phone: '13500135000', inviterId: '2057' },
};

const plans: Record<string, z.input<typeof planSchema>> = {
  1: {
    groupId: 1,
    transferEnable: 100,
    name: '基础套餐',
    show: 1,
    sort: 1,
    renew: 1,
    content: '每月 100 GB 流量',
    monthPriceFen: 10,
    yearPriceFen: 100,
    resetPriceFen: 5,
  },
  2: {
    groupId: 1,
    transferEnable: 500,
    name: '高级套餐',
    show: 1,
    sort: 2,
    renew: 1,
    content: '每月 500 GB 流量',
    monthPriceFen: 2000,
    yearPriceFen: 20_000,
  },
};

const methods: Record<string, z.input<typeof paymentMethodSchema>> = {
  10: { name: 'pay', payment: 'AlipayF2F', enabled: true },
  11: { name: '微信支付', payment: 'WechatPayNative', enabled: true },
  12: { name: '支付宝网页', payment: 'AlipayPage', enabled: true },
};

const coupons: Record<string, z.input<typeof couponSchema>> = {
  1: { code: 'DEMO10', name: '九折优惠', type: 'percent', percent: 10, enabled: true },
};

export const subscriptionRows: readonly DemoRow[] = [
  ...Object.entries(users).map(([id, body]) => ({ kind: 'users', id, body })),
  ...Object.entries(plans).map(([id, body]) => ({ kind: 'plans', id, body })),
  ...Object.entries(methods).map(([id, body]) => ({ kind: 'payment-methods', id, body })),
  ...Object.entries(coupons).map(([id, body]) => ({ kind: 'coupons', id, body })),
];

export const subscriptionBalances: readonly DemoBalance[] = [
  { userId: '2057', balanceFen: 0 },
  { userId: '2058', balanceFen: 300 },
];
