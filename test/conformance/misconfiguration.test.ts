/** A value that is missing or malformed is named by a 503 to every request, and never shown. */
import { describe, expect, test } from 'vitest';
import { openShop } from '../harness/shop.ts';
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
    ['a slash behind the address', { PUBLIC_URL: 'https://orders.example/' }],
    ['no webhook', { WEBHOOK_URL: '', WEBHOOK_SECRET: '' }],
    ['no address of the gateway', { ALIPAY_GATEWAY_URL: '' }],
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
    const customer = customerOf(shop);
    const received = await customer.pay(await customer.newOrder());
    expect([received.status, received.json]).toEqual([400, { message: '暂不支持该支付方式', code: -1, data: [] }]);
    expect((await shop.send('/callback/alipay', { method: 'POST' })).status).toBe(404);
  });
});
