/** The order string: what it says, what it refuses, and its clock. */
import { env } from 'cloudflare:workers';
import { createVerify } from 'node:crypto';
import { expect, test } from 'vitest';
import type { PrepayKind, PrepayRequest } from '../../../src/core/payment/provider.ts';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import { CODE_URL, CONFIG, NOW_MS, ORDER, OUT_TRADE_NO, providerWith } from './signed-gateway.ts';

/** The parameters of the order string, and what stands in its content. */
async function prepare(change: Partial<PrepayRequest> = {}) {
  const { provider, calls } = providerWith({});
  const answer = await provider.prepay({ ...ORDER, ...change });
  if (answer.status !== 'ready') throw new Error(`not ready: ${answer.cause}`);
  if (answer.prepay.kind !== 'app_order_string') throw new Error(`not an order string: ${answer.prepay.kind}`);
  expect(calls).toEqual([]);
  expect(answer.handle).toBeNull();
  const { orderString } = answer.prepay;
  const parameters = new URLSearchParams(orderString);
  const content: Record<string, string> = JSON.parse(parameters.get('biz_content') ?? '{}');
  return { orderString, parameters, content };
}

test('an order string says what is to be paid, to whom, and until when, without asking the gateway', async () => {
  const { parameters, content } = await prepare();
  const { sign, biz_content: _content, ...rest } = Object.fromEntries(parameters);
  expect(rest).toEqual({
    method: 'alipay.trade.app.pay',
    app_id: CONFIG.appId,
    charset: 'utf-8',
    version: '1.0',
    sign_type: 'RSA2',
    timestamp: '2022-11-22 16:37:20',
    format: 'JSON',
    notify_url: 'https://orders.example/callback/alipay',
  });
  expect(content).toEqual({
    subject: '1号技师的项目二',
    out_trade_no: OUT_TRADE_NO,
    total_amount: '196.00',
    product_code: 'QUICK_MSECURITY_PAY',
    time_expire: '2022-11-22 16:39:20',
  });
  expect(sign).toHaveLength(344);
});

test('the signature holds for the merchant key, over the raw values, sign_type among them', async () => {
  const { parameters } = await prepare({ subject: 'tea + 50 % off, 😀 "quoted" \\' });
  const text = [...parameters]
    .filter(([name]) => name !== 'sign')
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join('&');
  const verifier = createVerify('RSA-SHA256').update(text, 'utf8');
  expect(verifier.verify(env.SANDBOX_MERCHANT_PUBLIC_KEY, parameters.get('sign') ?? '', 'base64')).toBe(true);
});

test('blanks are %20, so that a client that knows no + still reads them', async () => {
  const { orderString } = await prepare({ subject: 'green tea' });
  expect(orderString).toContain('green%20tea');
  expect(orderString).not.toContain('+');
});

test.each([
  ['a/b=c&d', 'abcd'],
  ['green tea ', 'green tea '],
  ['', OUT_TRADE_NO],
  ['/=&', OUT_TRADE_NO],
  [' & ', OUT_TRADE_NO],
  ['字'.repeat(257), '字'.repeat(256)],
  ['😀'.repeat(257), '😀'.repeat(256)],
  [`${'&'.repeat(300)}tea`, 'tea'],
])('the subject %j becomes %j', async (subject, shown) => {
  expect((await prepare({ subject })).content['subject']).toBe(shown);
});

test.each([
  [1, '0.01'],
  [110, '1.10'],
  [1_999, '19.99'],
  [10_000_000_000, '100000000.00'],
])('%d fen are %s yuan', async (amountFen, yuan) => {
  expect((await prepare({ amountFen })).content['total_amount']).toBe(yuan);
});

test.each([
  ['the last second of a Beijing day', Date.UTC(2022, 10, 22, 15, 59, 59), '2022-11-22 23:59:59'],
  ['the first second of the next', Date.UTC(2022, 10, 22, 16, 0, 0), '2022-11-23 00:00:00'],
  ['the last millisecond of a year', Date.UTC(2022, 11, 31, 15, 59, 59, 999), '2022-12-31 23:59:59'],
  ['the first second of a year', Date.UTC(2022, 11, 31, 16, 0, 0), '2023-01-01 00:00:00'],
  ['29 February', Date.UTC(2024, 1, 28, 16, 0, 0), '2024-02-29 00:00:00'],
  ['1 March after a short February', Date.UTC(2023, 1, 28, 16, 0, 0), '2023-03-01 00:00:00'],
  ['a fraction of a second, which is never rounded up', Date.UTC(2022, 10, 22, 8, 0, 0, 999), '2022-11-22 16:00:00'],
])('%s expires as %3$s', async (_name, payableUntilMs, shown) => {
  expect((await prepare({ payableUntilMs })).content['time_expire']).toBe(shown);
});

test('four kinds are offered, and only a code takes the network', () => {
  expect(providerWith({}).provider.prepayKinds).toEqual({
    app_order_string: { by: 'local', maximumSlipMs: 15 * 86_400_000 },
    html_form: { by: 'local', maximumSlipMs: 15 * 86_400_000 },
    redirect_url: { by: 'local', maximumSlipMs: 15 * 86_400_000 },
    qr_code: { by: 'remote', maximumSlipMs: 115 * 60_000 },
  });
});

test.each<PrepayKind>(['app_params', 'jsapi_params'])('the kind %s is refused', async (kind) => {
  const { provider } = providerWith({});
  expect((await provider.prepay({ ...ORDER, kind })).status).toBe('refused');
  expect((await provider.prepay({ ...ORDER, kind, handle: CODE_URL })).status).toBe('refused');
});

test('an order string is signed anew, whatever was kept', async () => {
  const { orderString } = await prepare({ handle: CODE_URL });
  expect(orderString).toBe((await prepare()).orderString);
});

test.each([0, -1, 1.5, Number.NaN, 10_000_000_001])('the amount %d is refused', async (amountFen) => {
  expect((await providerWith({}).provider.prepay({ ...ORDER, amountFen })).status).toBe('refused');
});

test.each(['', 'a b', 'a&b', 'a'.repeat(65), '订单'])('the payment number %j is refused', async (outTradeNo) => {
  expect((await providerWith({}).provider.prepay({ ...ORDER, outTradeNo })).status).toBe('refused');
});

test('a key that cannot sign refuses, in words that hold nothing of it', async () => {
  const broken = createAlipay({ ...CONFIG, privateKey: 'c2VjcmV0' }, { fetch, now: () => NOW_MS });
  expect(await broken.prepay(ORDER)).toEqual({
    status: 'refused',
    cause: 'the order could not be signed with ALIPAY_PRIVATE_KEY',
  });
});

test('a slip lives at least a minute', () => {
  expect(providerWith({}).provider).toMatchObject({ name: 'alipay', minimumSlipMs: 60_000 });
});
