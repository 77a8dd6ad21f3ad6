/** A value that is missing or malformed is named by a 503 to every request, and never shown. */
import { describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import { customerOf } from './customer.ts';
import { rowCounts } from './row-counts.ts';

const SECRET_PART = 'do-not-show-me';

/** Each variable with values that it cannot have. `''` is a variable that is not set. */
const BAD: readonly [variable: string, value: string][] = [
  ['PUBLIC_URL', ''],
  ['PUBLIC_URL', SECRET_PART],
  ['PUBLIC_URL', `ftp://${SECRET_PART}.example`],
  ['DIALECTS', SECRET_PART],
  ['DIALECTS', `technician-booking,${SECRET_PART}`],
  ['ORDER_TTL_SECONDS', SECRET_PART],
  ['ORDER_TTL_SECONDS', '59'],
  ['ORDER_TTL_SECONDS', '1.5'],
  ['ORDER_TTL_SECONDS', '1e3'],
  ['ORDER_TTL_SECONDS', ' 1800'],
  ['ORDER_TTL_SECONDS', '-1800'],
  ['ORDER_TTL_SECONDS', '2592001'],
  ['PAYMENT_TTL_SECONDS', '0'],
  ['PAYMENT_TTL_SECONDS', `120 ${SECRET_PART}`],
  ['MEDICAL_COMMISSION_BPS', SECRET_PART],
  ['MEDICAL_COMMISSION_BPS', '10001'],
  ['MEDICAL_COMMISSION_BPS', '-1'],
  ['MEDICAL_COMMISSION_BPS', '5.5'],
  ['MEDICAL_COMMISSION_BPS', '5e2'],
  ['MEDICAL_COMMISSION_BPS', '5%'],
  ['MEDICAL_COMMISSION_BPS', ' 500'],
  ['SUBSCRIPTION_COMMISSION_BPS', SECRET_PART],
  ['SUBSCRIPTION_COMMISSION_BPS', '10001'],
  ['SUBSCRIPTION_COMMISSION_BPS', '-1'],
  ['SUBSCRIPTION_COMMISSION_BPS', '10%'],
  ['REFUND_APPROVAL', SECRET_PART],
  ['REFUND_APPROVAL', 'Auto'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', `https://app.example/${SECRET_PART}`],
  ['CORS_ORIGINS', 'https://app.example/'],
  ['WEBHOOK_URL', SECRET_PART],
  ['WEBHOOK_SECRET', ''],
  ['WEBHOOK_SECRET', SECRET_PART],
  ['WEBHOOK_SECRET', `whsec_${btoa(SECRET_PART)}`],
  ['JWKS_URL', SECRET_PART],
  ['JWT_SECRET', ''],
  ['JWT_SECRET', SECRET_PART],
  ['ALIPAY_APP_ID', ''],
  ['ALIPAY_APP_ID', SECRET_PART],
  ['ALIPAY_SELLER_ID', ''],
  ['ALIPAY_SELLER_ID', '1088102146225135'],
  ['ALIPAY_GATEWAY_URL', SECRET_PART],
  ['ALIPAY_PRIVATE_KEY', ''],
  ['ALIPAY_PRIVATE_KEY', SECRET_PART],
  ['ALIPAY_PUBLIC_KEY', ''],
  ['ALIPAY_PUBLIC_KEY', SECRET_PART],
  ['WECHAT_APP_ID', ''],
  ['WECHAT_APP_ID', SECRET_PART],
  ['WECHAT_MCH_ID', ''],
  ['WECHAT_MCH_ID', SECRET_PART],
  ['WECHAT_MCH_SERIAL_NO', ''],
  ['WECHAT_MCH_SERIAL_NO', SECRET_PART],
  ['WECHAT_API_URL', SECRET_PART],
  ['WECHAT_PRIVATE_KEY', ''],
  ['WECHAT_PRIVATE_KEY', SECRET_PART],
  ['WECHAT_API_V3_KEY', ''],
  ['WECHAT_API_V3_KEY', SECRET_PART],
  ['WECHAT_PLATFORM_KEYS', ''],
  ['WECHAT_PLATFORM_KEYS', SECRET_PART],
  ['WECHAT_PLATFORM_KEYS', '{}'],
  ['WECHAT_PLATFORM_KEYS', `{"${SECRET_PART}":1}`],
  ['PII_KEY', ''],
  ['PII_KEY', SECRET_PART],
  ['PII_KEY', btoa(SECRET_PART)],
  // Another spelling of 32 bytes: it would look like another key.
  ['PII_KEY', `${'A'.repeat(42)}B=`],
  ['PII_KEY_PREVIOUS', SECRET_PART],
];

const ROUTES = [
  { path: '/V1/order', method: 'POST' },
  { path: '/V1/order?order_type=1', method: 'GET' },
  { path: '/V1/order/2022112200000000000000', method: 'GET' },
  { path: '/V1/order/2022112200000000000000', method: 'DELETE' },
  { path: '/V1/order/pay', method: 'POST' },
  { path: '/V1/order/pay/20221122000000000000000001', method: 'DELETE' },
  { path: '/V1/order/pay/refund', method: 'POST' },
  { path: '/V1/order/no/such/path', method: 'GET' },
];

describe.each(BAD)('%s of %j', (variable, value) => {
  test('is named in words on every route of the dialect, in its shape, with and without a token', async () => {
    const shop = await openShop({ vars: { [variable]: value } });
    const before = await rowCounts();
    for (const { path, method } of ROUTES) {
      for (const sent of [{ method }, { method, token: null }]) {
        const received = await customerOf(shop).send(path, sent);
        expect([received.status, received.headers.get('content-type')]).toEqual([503, 'application/json']);
        expect(received.json).toEqual({
          message: expect.stringMatching(new RegExp(`^服务配置错误: ${variable} \\S+ \\S+`)),
          code: -1,
          data: [],
        });
        expect(received.text).not.toContain(SECRET_PART);
      }
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('is named everywhere else too; only being alive is no question of configuration', async () => {
    const shop = await openShop({ vars: { [variable]: value } });
    for (const [path, method] of [
      ['/callback/alipay', 'POST'],
      ['/V1/callback/alipay', 'POST'],
      ['/callback/wechat', 'POST'],
      ['/V1/callback/wechat', 'POST'],
      ['/callback/wechat/refund', 'POST'],
      ['/ready', 'GET'],
      ['/admin/orders', 'GET'],
      ['/nowhere', 'GET'],
    ] as const) {
      const received = await shop.send(path, { method });
      expect([path, received.status]).toEqual([path, 503]);
      expect(received.text).toContain(variable);
      expect(received.text).not.toContain(SECRET_PART);
    }
    expect((await shop.send('/health', { token: null })).status).toBe(200);
  });

  test('lets the cron do nothing', async () => {
    const shop = await openShop({ vars: { [variable]: value } });
    const before = await rowCounts();
    await shop.cron();
    expect(await rowCounts()).toEqual(before);
  });
});

test('the same key twice for personal data is named, and not shown', async () => {
  const key = btoa(SECRET_PART.padEnd(32, '!'));
  const shop = await openShop({ vars: { PII_KEY: key, PII_KEY_PREVIOUS: key } });
  const before = await rowCounts();
  for (const path of ['/V1/order', '/admin/orders', '/nowhere', '/ready']) {
    const { status, text } = await shop.send(path);
    expect([path, status]).toEqual([path, 503]);
    expect(text).toContain('PII_KEY_PREVIOUS must be another key than PII_KEY');
    for (const secret of [key, SECRET_PART]) expect(text).not.toContain(secret);
  }
  await shop.cron();
  expect(await rowCounts()).toEqual(before);
});

test('several problems are named together', async () => {
  const shop = await openShop({ vars: { PUBLIC_URL: 'x', ORDER_TTL_SECONDS: 'x', JWKS_URL: 'x' } });
  const { text } = await customerOf(shop).send('/V1/order');
  for (const variable of ['PUBLIC_URL', 'ORDER_TTL_SECONDS', 'JWKS_URL']) expect(text).toContain(variable);
});

describe('what is no mistake', () => {
  test.each([
    ['no dialects listed: all', { DIALECTS: '' }],
    ['blanks in a list', { DIALECTS: ' technician-booking , ' }],
    ['times that are not set', { ORDER_TTL_SECONDS: '', PAYMENT_TTL_SECONDS: '' }],
    ['no share for anybody', { MEDICAL_COMMISSION_BPS: '0' }],
    ['all of it for somebody', { MEDICAL_COMMISSION_BPS: '10000' }],
    ['a share that is not set', { MEDICAL_COMMISSION_BPS: '' }],
    ['nothing for whoever invites', { SUBSCRIPTION_COMMISSION_BPS: '0' }],
    ['everything for whoever invites', { SUBSCRIPTION_COMMISSION_BPS: '10000' }],
    ['an inviter’s share that is not set', { SUBSCRIPTION_COMMISSION_BPS: '' }],
    ['a slash behind the address', { PUBLIC_URL: 'https://orders.example/' }],
    ['no webhook', { WEBHOOK_URL: '', WEBHOOK_SECRET: '' }],
    ['no address of the gateway', { ALIPAY_GATEWAY_URL: '' }],
    ['no address of WeChat Pay', { WECHAT_API_URL: '' }],
    ['an older key for personal data', { PII_KEY_PREVIOUS: btoa('x'.repeat(32)) }],
  ])('%s', async (_what, vars) => {
    const shop = await openShop({ vars });
    expect((await customerOf(shop).list('?order_type=1')).status).toBe(200);
  });

  test('a provider none of whose values are set is not offered', async () => {
    const shop = await openShop({
      vars: {
        ALIPAY_APP_ID: '',
        ALIPAY_SELLER_ID: '',
        ALIPAY_GATEWAY_URL: '',
        ALIPAY_PRIVATE_KEY: '',
        ALIPAY_PUBLIC_KEY: '',
      },
    });
    await expectNotOffered(shop, 1);
    expect((await shop.send('/callback/alipay', { method: 'POST' })).status).toBe(404);
  });

  test('neither is WeChat Pay without its values', async () => {
    const shop = await openShop({
      vars: {
        WECHAT_APP_ID: '',
        WECHAT_MCH_ID: '',
        WECHAT_MCH_SERIAL_NO: '',
        WECHAT_API_URL: '',
        WECHAT_PRIVATE_KEY: '',
        WECHAT_API_V3_KEY: '',
        WECHAT_PLATFORM_KEYS: '',
      },
    });
    await expectNotOffered(shop, 2);
    for (const path of ['/callback/wechat', '/V1/callback/wechat', '/callback/wechat/refund']) {
      expect((await shop.send(path, { method: 'POST' })).status).toBe(404);
    }
    const customer = customerOf(shop);
    expect((await customer.pay(await customer.newOrder({ pay_type: 1 }))).status).toBe(200);
  });
});

/** An order may be placed for a provider that is not there; it is only not to be paid, and stays as it was. */
async function expectNotOffered(shop: Shop, payType: 1 | 2): Promise<void> {
  const customer = customerOf(shop);
  const orderId = await customer.newOrder({ pay_type: payType });
  const before = await rowCounts();
  const received = await customer.pay(orderId);
  expect([received.status, received.json]).toEqual([400, { message: '暂不支持该支付方式', code: -1, data: [] }]);
  expect(await rowCounts()).toEqual(before);
}
