/** Preparing a payment: what is sent, what the client gets, what is refused, and handing out again without asking. */
import { createVerify } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import type { Prepay, PrepayKind, PrepayRequest } from '../../../src/core/payment/provider.ts';
import {
  answer,
  type Answers,
  APP,
  CERTIFICATE_SERIAL,
  CODE_URL,
  CONFIG,
  JSAPI,
  MERCHANT,
  MERCHANT_SERIAL,
  NATIVE,
  NOW_MS,
  OPEN_ID,
  ORDER,
  OUT_TRADE_NO,
  PREPAY_ID,
  providerWith,
  PUBLIC_KEY_ID,
} from './signed-gateway.ts';

/** What WeChat prepares takes its network, and can be handed out again for nearly two hours. */
const PREPARED = { by: 'remote', maximumSlipMs: 115 * 60_000 };

const ANSWERS: Answers = {
  [JSAPI]: { prepay_id: PREPAY_ID },
  [APP]: { prepay_id: PREPAY_ID },
  [NATIVE]: { code_url: CODE_URL },
};

const KINDS = [
  ['jsapi_params', JSAPI, PREPAY_ID],
  ['app_params', APP, PREPAY_ID],
  ['qr_code', NATIVE, CODE_URL],
] as const;

async function prepare(change: Partial<PrepayRequest> = {}, config = CONFIG) {
  const { provider, calls } = providerWith(ANSWERS, config);
  const prepared = await provider.prepay({ ...ORDER, ...change });
  if (prepared.status !== 'ready') throw new Error(`not ready: ${prepared.cause}`);
  return { ...prepared, calls };
}

async function sentContent(change: Partial<PrepayRequest> = {}): Promise<unknown> {
  return (await prepare(change)).calls[0]?.content;
}

function paramsOf(prepay: Prepay): Readonly<Record<string, string>> {
  if (!('params' in prepay)) throw new Error(`no parameters: ${prepay.kind}`);
  return prepay.params;
}

function isSignedByMerchant(lines: (string | undefined)[], signature = ''): boolean {
  const text = lines.map((line) => `${line}\n`).join('');
  return createVerify('RSA-SHA256').update(text, 'utf8').verify(MERCHANT.publicKey, signature, 'base64');
}

test.each(KINDS)('%s asks %s, and keeps %s', async (kind, target, handle) => {
  const { calls, ...prepared } = await prepare({ kind });
  expect(calls.map((call) => call.target)).toEqual([target]);
  expect(prepared).toMatchObject({ status: 'ready', prepay: { kind }, handle });
});

test('an order says what is to be paid, by whom, and until when', async () => {
  expect(await sentContent()).toEqual({
    appid: CONFIG.appId,
    mchid: CONFIG.mchId,
    description: '全面体检套餐',
    out_trade_no: OUT_TRADE_NO,
    time_expire: '2022-11-22T16:39:20+08:00',
    notify_url: 'https://orders.example/callback/wechat',
    amount: { total: 29_900, currency: 'CNY' },
    payer: { openid: OPEN_ID },
  });
});

test.each(['app_params', 'qr_code'] as const)('%s names no payer', async (kind) => {
  expect(await sentContent({ kind })).not.toHaveProperty('payer');
  expect((await prepare({ kind, payerId: null })).status).toBe('ready');
});

test('the request says who asks and what it wants to hear, and follows nobody elsewhere', async () => {
  const { calls } = await prepare();
  const [call] = calls;
  expect(call?.url.origin).toBe('https://wechat.example');
  expect(Object.fromEntries(call?.headers ?? [])).toMatchObject({
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'edge-orders',
    'wechatpay-serial': PUBLIC_KEY_ID,
  });
  expect(call?.authorization).toEqual({
    mchid: CONFIG.mchId,
    serial_no: MERCHANT_SERIAL,
    timestamp: String(NOW_MS / 1000),
    nonce_str: expect.stringMatching(/^[0-9a-f]{32}$/),
    signature: expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/),
  });
  expect(call?.init).toMatchObject({ redirect: 'manual' });
  expect(call?.init.signal).toBeInstanceOf(AbortSignal);
});

test('the parts of the authorization are joined by commas without blanks', async () => {
  const { calls } = await prepare();
  expect(calls[0]?.headers.get('authorization')).toMatch(
    /^WECHATPAY2-SHA256-RSA2048 (?:\w+="[^" ]+",){4}\w+="[^" ]+"$/,
  );
});

test('with certificates only, no key is asked for by name', async () => {
  const certificate = CONFIG.platformKeys[CERTIFICATE_SERIAL] ?? '';
  const { provider, calls } = providerWith(ANSWERS, { ...CONFIG, platformKeys: { [CERTIFICATE_SERIAL]: certificate } });
  await provider.prepay(ORDER);
  expect(calls[0]?.headers.has('wechatpay-serial')).toBe(false);
});

test.each(['https://wechat.example/', 'https://wechat.example//'])('%j is the same address', async (apiUrl) => {
  expect((await prepare({}, { ...CONFIG, apiUrl })).calls[0]?.url.href).toBe(
    'https://wechat.example/v3/pay/transactions/jsapi',
  );
});

test('a path in front of the address is signed with the rest', async () => {
  const target = 'POST /wechat-pay/v3/pay/transactions/jsapi';
  const config = { ...CONFIG, apiUrl: 'http://127.0.0.1:8788/wechat-pay' };
  const { provider, calls } = providerWith({ [target]: { prepay_id: PREPAY_ID } }, config);
  expect((await provider.prepay(ORDER)).status).toBe('ready');
  expect(calls).toHaveLength(1);
});

test('the parameters of a page or a mini program are signed over prepay_id=…, without signType', async () => {
  const params = paramsOf((await prepare()).prepay);
  expect(params).toEqual({
    appId: CONFIG.appId,
    timeStamp: String(NOW_MS / 1000),
    nonceStr: expect.stringMatching(/^[0-9a-f]{32}$/),
    package: `prepay_id=${PREPAY_ID}`,
    signType: 'RSA',
    paySign: expect.any(String),
  });
  const { timeStamp, nonceStr, paySign } = params;
  expect(isSignedByMerchant([CONFIG.appId, timeStamp, nonceStr, `prepay_id=${PREPAY_ID}`], paySign)).toBe(true);
});

test('the parameters of an app are signed over the bare prepay_id', async () => {
  const params = paramsOf((await prepare({ kind: 'app_params' })).prepay);
  expect(params).toEqual({
    appid: CONFIG.appId,
    partnerid: CONFIG.mchId,
    prepayid: PREPAY_ID,
    package: 'Sign=WXPay',
    noncestr: expect.stringMatching(/^[0-9a-f]{32}$/),
    timestamp: String(NOW_MS / 1000),
    sign: expect.any(String),
  });
  const { timestamp, noncestr, sign } = params;
  expect(isSignedByMerchant([CONFIG.appId, timestamp, noncestr, PREPAY_ID], sign)).toBe(true);
});

test('a QR code is handed out as it came', async () => {
  expect((await prepare({ kind: 'qr_code' })).prepay).toEqual({ kind: 'qr_code', codeUrl: CODE_URL });
});

test('a half second is cut off the time, and the time is text', async () => {
  const { provider } = providerWith(ANSWERS, CONFIG, () => NOW_MS + 999);
  const prepared = await provider.prepay(ORDER);
  expect(prepared).toMatchObject({ prepay: { params: { timeStamp: String(NOW_MS / 1000) } } });
});

test.each(KINDS)('%s is handed out again without the network', async (kind, _target, handle) => {
  const { provider, calls } = providerWith({});
  const again = await provider.prepay({ ...ORDER, kind, handle, payerId: null });
  expect(again).toMatchObject({ status: 'ready', prepay: { kind }, handle });
  expect(JSON.stringify(again)).toContain(handle);
  expect(calls).toEqual([]);
});

test.each(['jsapi_params', 'app_params'] as const)('%s is signed anew each time it is handed out', async (kind) => {
  const later = NOW_MS + 60_000;
  const { provider } = providerWith({}, CONFIG, () => later);
  const first = await provider.prepay({ ...ORDER, kind, handle: PREPAY_ID });
  const second = await provider.prepay({ ...ORDER, kind, handle: PREPAY_ID });
  expect(second).not.toEqual(first);
  expect(JSON.stringify(second)).toContain(`"${later / 1000}"`);
});

test('each signature has a nonce of its own, from the source of good randomness', async () => {
  const random = vi.spyOn(crypto, 'getRandomValues');
  const nonces = new Set<string | undefined>();
  for (let round = 0; round < 20; round += 1) {
    const { prepay, calls } = await prepare();
    nonces.add(paramsOf(prepay)['nonceStr']).add(calls[0]?.authorization['nonce_str']);
  }
  expect(nonces.size).toBe(40);
  expect(random).toHaveBeenCalledTimes(40);
  random.mockRestore();
});

test('the same payment is prepared again in the same words, byte for byte', async () => {
  const { provider, calls } = providerWith(ANSWERS);
  await provider.prepay(ORDER);
  await provider.prepay({ ...ORDER });
  expect(calls[1]?.body).toBe(calls[0]?.body);
  expect(calls[1]?.authorization['nonce_str']).not.toBe(calls[0]?.authorization['nonce_str']);
});

test.each([
  ['green tea ', 'green tea '],
  ['a/b=c&d "e" \\ <f>', 'a/b=c&d "e" \\ <f>'],
  ['体检😀套餐👨‍👩‍👧', '体检套餐\u200d\u200d'],
  ['☕ is three bytes and stays', '☕ is three bytes and stays'],
  ['𠮷野家', '野家'],
  ['half a pair \ud83d of it \ude00', 'half a pair  of it '],
  ['', OUT_TRADE_NO],
  [' \n', OUT_TRADE_NO],
  ['😀😀', OUT_TRADE_NO],
  ['字'.repeat(128), '字'.repeat(42)],
  ['x'.repeat(128), 'x'.repeat(127)],
  [`${'😀'.repeat(200)}tea`, 'tea'],
])('the subject %j becomes %j', async (subject, description) => {
  expect(await sentContent({ subject })).toMatchObject({ description });
});

test.each([1, 110, 19_600, 10_000_000_000])('%d fen are sent as that number', async (amountFen) => {
  expect(await sentContent({ amountFen })).toMatchObject({ amount: { total: amountFen, currency: 'CNY' } });
});

test.each([
  ['the last second of a Beijing day', Date.UTC(2022, 10, 22, 15, 59, 59), '2022-11-22T23:59:59+08:00'],
  ['the first second of the next', Date.UTC(2022, 10, 22, 16, 0, 0), '2022-11-23T00:00:00+08:00'],
  ['the last millisecond of a year', Date.UTC(2022, 11, 31, 15, 59, 59, 999), '2022-12-31T23:59:59+08:00'],
  ['the first second of a year', Date.UTC(2022, 11, 31, 16, 0, 0), '2023-01-01T00:00:00+08:00'],
  ['29 February', Date.UTC(2024, 1, 28, 16, 0, 0), '2024-02-29T00:00:00+08:00'],
])('%s expires as %3$s', async (_name, payableUntilMs, shown) => {
  expect(await sentContent({ payableUntilMs })).toMatchObject({ time_expire: shown });
});

test.each<PrepayKind>(['app_order_string', 'redirect_url', 'html_form'])('the kind %s is refused', async (kind) => {
  const { provider, calls } = providerWith({});
  expect(provider.prepayKinds).toEqual({ jsapi_params: PREPARED, app_params: PREPARED, qr_code: PREPARED });
  expect((await provider.prepay({ ...ORDER, kind })).status).toBe('refused');
  expect((await provider.prepay({ ...ORDER, kind, handle: PREPAY_ID })).status).toBe('refused');
  expect(calls).toEqual([]);
});

test.each([
  ['the amount 0', { amountFen: 0 }],
  ['a negative amount', { amountFen: -1 }],
  ['half a fen', { amountFen: 1.5 }],
  ['no number', { amountFen: Number.NaN }],
  ['more than anything may cost', { amountFen: 10_000_000_001 }],
  ['an empty payment number', { outTradeNo: '' }],
  ['a payment number of 5 characters', { outTradeNo: '12345' }],
  ['a payment number of 33 characters', { outTradeNo: '1'.repeat(33) }],
  ['a payment number with a blank', { outTradeNo: '2022 1122' }],
  ['a payment number with an @', { outTradeNo: '2022@1122' }],
  ['a payment number that climbs', { outTradeNo: '../../refund' }],
  ['a payment number in another alphabet', { outTradeNo: '１２３４５６' }],
  ['no payer', { payerId: null }],
  ['an empty payer', { payerId: '' }],
  ['a payer in two lines', { payerId: `${OPEN_ID}\n` }],
])('%s is refused before anything is sent', async (_name, change) => {
  const { provider, calls } = providerWith(ANSWERS);
  const refused = await provider.prepay({ ...ORDER, ...change });
  expect(refused).toEqual({ status: 'refused', cause: expect.any(String) });
  expect(JSON.stringify(refused)).not.toContain(OPEN_ID);
  expect(calls).toEqual([]);
});

test.each(['123456', '1'.repeat(32), 'aZ09_-|*'])('%j is a payment number', async (outTradeNo) => {
  expect(await sentContent({ outTradeNo })).toMatchObject({ out_trade_no: outTradeNo });
});

test.each([
  ['jsapi_params', JSAPI, { code_url: CODE_URL }],
  ['app_params', APP, {}],
  ['qr_code', NATIVE, { prepay_id: PREPAY_ID }],
  ['qr_code', NATIVE, { code_url: '' }],
  ['jsapi_params', JSAPI, { prepay_id: 1 }],
  ['jsapi_params', JSAPI, { prepay_id: 'x'.repeat(65) }],
] as const)('%s from %s with %j is unknown', async (kind, target, content) => {
  const { provider } = providerWith({ [target]: content });
  expect(await provider.prepay({ ...ORDER, kind })).toEqual({ status: 'unknown', cause: expect.any(String) });
});

test('a status other than 200 prepares nothing that can be relied on', async () => {
  const { provider } = providerWith({ [JSAPI]: () => answer(202, { prepay_id: PREPAY_ID }) });
  expect((await provider.prepay(ORDER)).status).toBe('unknown');
});

test.each([
  ['a payment that exists', PREPAY_ID],
  ['a payment that does not', null],
])('with a key that cannot sign, %s is unknown, in words that hold nothing of the key', async (_name, handle) => {
  const { provider, calls } = providerWith(ANSWERS, { ...CONFIG, privateKey: 'c2VjcmV0' });
  expect(await provider.prepay({ ...ORDER, handle })).toEqual({
    status: 'unknown',
    cause: expect.stringMatching(/could not be signed with WECHAT_PRIVATE_KEY$/),
  });
  expect(calls).toEqual([]);
});

test('a slip lives at least a minute', () => {
  expect(providerWith({}).provider).toMatchObject({ name: 'wechat-pay', minimumSlipMs: 60_000 });
});
