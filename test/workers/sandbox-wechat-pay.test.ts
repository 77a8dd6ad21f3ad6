/** The pretend WeChat Pay is only worth something when it is stricter than the real one: its own tests. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../sandbox/memory-storage.ts';
import type { SandboxStorage } from '../sandbox/storage.ts';
import { createWechatPayGateway, type WechatPayGateway } from '../sandbox/wechat-pay/gateway.ts';
import {
  APP_ID,
  beijing,
  createTestMerchant,
  DAY_MS,
  HOUR_MS,
  MCH_ID,
  MINUTE_MS,
  NEXT_SERIAL,
  NOTIFY_URL,
  NUMBER,
  PLATFORM_SERIAL,
  platformKeys,
  refundOf,
  SERIAL_NO,
  SETUP,
  signed,
  START_MS,
  strangerKeys,
  type Changes,
  type Content,
  type Params,
  type Product,
  type Received,
} from './wechat-pay-merchant.ts';

let nowMs = START_MS;
let storage: SandboxStorage;
let gateway: WechatPayGateway;
const { seconds, request, voucher, read, order, jsapiParams, appParams, open } = createTestMerchant(() => nowMs);

function openGateway(changes: object = {}): WechatPayGateway {
  return createWechatPayGateway({ ...SETUP, now: () => nowMs, storage, ...changes });
}

beforeEach(() => {
  nowMs = START_MS;
  storage = createMemoryStorage();
  gateway = openGateway();
});

/** A timestamp so far from the start. */
function at(ms: number): string {
  return String((START_MS + ms) / 1000);
}

async function send(verb: 'GET' | 'POST', target: string, body?: object, changes?: Changes): Promise<Received> {
  const text = body === undefined ? '' : JSON.stringify(body);
  return read(await gateway.fetch(request(verb, target, text, changes)));
}

/** A call whose answer has to be signed; its status and content in one. */
async function ask(verb: 'GET' | 'POST', target: string, body?: object): Promise<Content> {
  const { status, content, by } = await send(verb, target, body);
  expect(by).toBe(PLATFORM_SERIAL);
  return { http: status, ...content };
}

const prepay = (changes?: object, product: Product = 'jsapi'): Promise<Content> =>
  ask('POST', `/v3/pay/transactions/${product}`, order(changes, product));
const query = (number = NUMBER): Promise<Content> =>
  ask('GET', `/v3/pay/transactions/out-trade-no/${number}?mchid=${MCH_ID}`);
const close = (number = NUMBER): Promise<Content> =>
  ask('POST', `/v3/pay/transactions/out-trade-no/${number}/close`, { mchid: MCH_ID });
const refund = (amountFen: number, number: string, changes?: object): Promise<Content> =>
  ask('POST', '/v3/refund/domestic/refunds', refundOf(amountFen, number, changes));
const queryRefund = (number: string): Promise<Content> => ask('GET', `/v3/refund/domestic/refunds/${number}`);
const refundCall = (): Request => request('POST', '/v3/refund/domestic/refunds', JSON.stringify(refundOf(1, 'r1')));

/** The handle that a prepay answers with. */
async function handle(changes?: object, product: Product = 'jsapi'): Promise<string> {
  const { prepay_id: prepayId, code_url: codeUrl } = await prepay(changes, product);
  return String(product === 'native' ? codeUrl : prepayId);
}

/** An order that waits to be paid, as the client has it. */
async function ticket(changes?: object): Promise<Params> {
  return jsapiParams(await handle(changes));
}

async function openNext(): Promise<{ event: Content; resource: Content; url: string }> {
  const [notification, ...others] = gateway.takeNotifications();
  expect(others).toEqual([]);
  if (notification === undefined) throw new Error('nothing was sent');
  return { ...(await open(notification)), url: notification.url };
}

describe('every call is checked', () => {
  const target = `/v3/pay/transactions/out-trade-no/${NUMBER}?mchid=${MCH_ID}`;
  const textOf = (line: string, end = '\n'): string => `GET\n${line}\n${at(0)}\nn1\n${end}`;

  test.each<[string, Changes]>([
    ['no header', { without: 'authorization' }],
    ['another scheme', { authorization: (header) => header.replace('RSA2048', 'RSA4096') }],
    ['a part too few', { authorization: (header) => header.replace(`,serial_no="${SERIAL_NO}"`, '') }],
    ['a part too many', { authorization: (header) => `${header},mchid="${MCH_ID}"` }],
    ['a part twice', { authorization: (header) => header.replace(/serial_no="\w+"/, `mchid="${MCH_ID}"`) }],
    ['blanks after commas', { authorization: (header) => header.replaceAll(',', ', ') }],
    ['another merchant', { mchid: '1900000002' }],
    ['another serial', { serialNo: SERIAL_NO.replace('5', '6') }],
    ['an old clock', { timestamp: at(-301_000) }],
    ['a clock ahead', { timestamp: at(301_000) }],
    ['milliseconds', { timestamp: String(START_MS) }],
    ['a fraction of a second', { timestamp: `${at(0)}.0` }],
    ['a nonce with a dash', { nonce: 'a-b' }],
    ['a nonce of 33', { nonce: 'a'.repeat(33) }],
    ['another key', { key: strangerKeys.privateKey }],
    ['the platform key', { key: platformKeys.privateKey }],
    ['the query left out', { nonce: 'n1', text: textOf(target.replace(/\?.*/, '')) }],
    ['the last line feed left out', { nonce: 'n1', text: textOf(target, '') }],
    ['the whole address', { nonce: 'n1', text: textOf(`https://api.example${target}`) }],
    [
      'blanks for plus signs',
      { authorization: (header) => header.replace(/signature="[^"]+"/, (part) => part.replaceAll(/[+/]/g, ' ')) },
    ],
    [
      'base64 for URLs',
      {
        authorization: (header) =>
          header.replace(/(signature=")([^"]+)(==")/, (_all, a, b) =>
            `${a}${b}"`.replaceAll('+', '-').replaceAll('/', '_'),
          ),
      },
    ],
  ])('SIGN_ERROR, unsigned, for %s', async (_what, changes) => {
    const answer = await send('GET', target, undefined, changes);
    expect(answer).toMatchObject({ status: 401, by: null, content: { code: 'SIGN_ERROR' } });
  });

  test('the body belongs to the signature, to the byte', async () => {
    const body = JSON.stringify(order());
    const good = request('POST', '/v3/pay/transactions/jsapi', body);
    const changed = new Request(good, { method: 'POST', body: `${body} ` });
    expect(await read(await gateway.fetch(changed))).toMatchObject({ status: 401, by: null });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test('a clock that is five minutes off is accepted', async () => {
    for (const timestamp of [at(-300_000), at(300_000)])
      expect(await send('GET', target, undefined, { timestamp })).toMatchObject({ status: 404, by: PLATFORM_SERIAL });
  });

  test('a nonce passes once, for as long as its timestamp would', async () => {
    const replayed = request('GET', target, '', { nonce: 'once' });
    expect((await gateway.fetch(replayed.clone())).status).toBe(404);
    expect(await read(await gateway.fetch(replayed.clone()))).toMatchObject({ status: 401, by: null });
    gateway = openGateway();
    expect((await gateway.fetch(replayed.clone())).status).toBe(401);
    nowMs += 300_000;
    expect((await gateway.fetch(replayed)).status).toBe(401);
    nowMs += 301_000;
    expect((await gateway.fetch(request('GET', target, '', { nonce: 'once' }))).status).toBe(404);
  });

  test('a nonce of somebody else uses nothing up', async () => {
    const forged = request('GET', target, '', { nonce: 'mine', key: strangerKeys.privateKey });
    expect((await gateway.fetch(forged)).status).toBe(401);
    expect((await gateway.fetch(request('GET', target, '', { nonce: 'mine' }))).status).toBe(404);
  });

  test.each<[string, 'GET' | 'POST', Changes]>([
    ['without Accept', 'GET', { without: 'accept' }],
    ['that accepts HTML', 'GET', { headers: { accept: 'text/html' } }],
    ['without User-Agent', 'GET', { without: 'user-agent' }],
    ['of an unknown platform key', 'GET', { headers: { 'wechatpay-serial': 'PUB_KEY_ID_0' } }],
    ['of a form', 'POST', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['in another charset', 'POST', { headers: { 'content-type': 'application/json; charset=gbk' } }],
  ])('PARAM_ERROR, signed, for a call %s', async (_what, verb, changes) => {
    const path = verb === 'GET' ? target : '/v3/pay/transactions/jsapi';
    const body = verb === 'GET' ? undefined : order();
    const answer = await send(verb, path, body, changes);
    expect(answer).toMatchObject({ status: 400, by: PLATFORM_SERIAL, content: { code: 'PARAM_ERROR' } });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test('a known platform key may be asked for, and other types accepted beside JSON', async () => {
    const headers = { 'wechatpay-serial': NEXT_SERIAL, accept: 'text/plain, application/json;q=0.9' };
    expect(await send('GET', target, undefined, { headers })).toMatchObject({ status: 404, by: PLATFORM_SERIAL });
  });

  test('a body that is not UTF-8 is refused', async () => {
    const good = request('POST', '/v3/pay/transactions/jsapi', '{}');
    const answer = await gateway.fetch(new Request(good, { method: 'POST', body: new Uint8Array([0x7b, 0xff, 0x7d]) }));
    expect(await read(answer)).toMatchObject({ status: 400, content: { code: 'PARAM_ERROR' } });
  });

  test.each<['GET' | 'POST', string]>([
    ['GET', '/v3/pay/transactions/jsapi'],
    ['POST', '/v3/pay/transactions/h5'],
    ['POST', `/v3/pay/transactions/out-trade-no/${NUMBER}`],
    ['GET', '/v3/pay/transactions/out-trade-no/%E0%A4%A?mchid=1'],
    ['GET', '/v2/pay/transactions/jsapi'],
  ])('%s %s is nowhere, and nobody vouches for that', async (verb, path) => {
    const response = await gateway.fetch(request(verb, path, verb === 'POST' ? '{}' : ''));
    expect(response.status).toBe(404);
    expect(response.headers.get('wechatpay-signature')).toBeNull();
  });

  test.each<[string, string]>([
    ['PARAM_ERROR', target.replace(/\?.*/, '')],
    ['PARAM_ERROR', `${target}&mchid=${MCH_ID}`],
    ['PARAM_ERROR', `${target}&sub=1`],
    ['PARAM_ERROR', target.replace('mchid', 'sp_mchid')],
    ['PARAM_ERROR', `/v3/pay/transactions/out-trade-no/abc?mchid=${MCH_ID}`],
    ['PARAM_ERROR', `/v3/pay/transactions/out-trade-no/a.b.c.d?mchid=${MCH_ID}`],
    ['PARAM_ERROR', `/v3/pay/transactions/id/42?mchid=${MCH_ID}`],
    ['MCH_NOT_EXISTS', target.replace(/\d$/, '2')],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds/r1?mchid=1'],
    ['PARAM_ERROR', `/v3/refund/domestic/refunds/${'r'.repeat(65)}`],
  ])('%s for GET %s', async (code, path) => {
    expect(await ask('GET', path)).toMatchObject({ http: 400, code });
  });

  test.each<[string, string, object]>([
    ['PARAM_ERROR', `/v3/pay/transactions/out-trade-no/${NUMBER}/close`, {}],
    ['PARAM_ERROR', `/v3/pay/transactions/out-trade-no/${NUMBER}/close`, { mchid: MCH_ID, reason: 'none' }],
    ['PARAM_ERROR', '/v3/pay/transactions/out-trade-no/abc/close', { mchid: MCH_ID }],
    ['MCH_NOT_EXISTS', `/v3/pay/transactions/out-trade-no/${NUMBER}/close`, { mchid: '1900000002' }],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(0, 'r1')],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1.5, 'r1')],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, '')],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r'.repeat(65))],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r.1')],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r1', { out_trade_no: undefined })],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r1', { transaction_id: '4'.repeat(28) })],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r1', { notify_url: `${NOTIFY_URL}?a=1` })],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r1', { reason: '长'.repeat(27) })],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r1', { amount: { refund: 1, total: 19600 } })],
    ['PARAM_ERROR', '/v3/refund/domestic/refunds', refundOf(1, 'r1', { mchid: MCH_ID })],
  ])('%s for POST %s %j', async (code, path, body) => {
    expect(await ask('POST', path, body)).toMatchObject({ http: 400, code });
  });

  test('what was parsed and written anew is not what was signed', async () => {
    await prepay();
    const { text: answer } = await send('GET', target);
    expect(JSON.stringify(JSON.parse(answer))).not.toBe(answer);
  });
});

describe('an order', () => {
  test.each<[string, object]>([
    ['PARAM_ERROR', { out_trade_no: 'a2345' }],
    ['PARAM_ERROR', { out_trade_no: 'a'.repeat(33) }],
    ['PARAM_ERROR', { out_trade_no: '订单000001' }],
    ['PARAM_ERROR', { out_trade_no: 'abc@123' }],
    ['PARAM_ERROR', { description: '' }],
    ['PARAM_ERROR', { description: '长'.repeat(43) }],
    ['PARAM_ERROR', { description: '礼物🎁' }],
    ['PARAM_ERROR', { description: '\ud83c' }],
    ['PARAM_ERROR', { notify_url: undefined }],
    ['PARAM_ERROR', { notify_url: 'http://orders.example/callback' }],
    ['PARAM_ERROR', { notify_url: `${NOTIFY_URL}?order=1` }],
    ['PARAM_ERROR', { notify_url: `${NOTIFY_URL}#1` }],
    ['PARAM_ERROR', { notify_url: `https://orders.example/${'a'.repeat(240)}` }],
    ['PARAM_ERROR', { amount: { total: 0, currency: 'CNY' } }],
    ['PARAM_ERROR', { amount: { total: 1.5, currency: 'CNY' } }],
    ['PARAM_ERROR', { amount: { total: '19600', currency: 'CNY' } }],
    ['PARAM_ERROR', { amount: { total: 19600, currency: 'USD' } }],
    ['PARAM_ERROR', { amount: { total: 19600 } }],
    ['PARAM_ERROR', { amount: { total: 19600, currency: 'CNY', payer_total: 1 } }],
    ['PARAM_ERROR', { time_expire: undefined }],
    ['PARAM_ERROR', { time_expire: beijing(START_MS + 59_000) }],
    ['PARAM_ERROR', { time_expire: beijing(START_MS + 7 * DAY_MS + 1000) }],
    ['PARAM_ERROR', { time_expire: '2026-09-01T04:02:00Z' }],
    ['PARAM_ERROR', { time_expire: '2026-09-01 12:02:00' }],
    ['PARAM_ERROR', { time_expire: '2026-09-01T12:02:00.000+08:00' }],
    ['PARAM_ERROR', { time_expire: '2026-09-01T24:00:00+08:00' }],
    ['PARAM_ERROR', { time_expire: '2026-09-01T13:45:00+08:99' }],
    ['PARAM_ERROR', { payer: undefined }],
    ['PARAM_ERROR', { payer: {} }],
    ['PARAM_ERROR', { payer: { openid: '' } }],
    ['PARAM_ERROR', { payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', name: 'x' } }],
    ['PARAM_ERROR', { attach: 'x' }],
    ['PARAM_ERROR', { mchid: '1' }],
    ['MCH_NOT_EXISTS', { mchid: '1900000002' }],
    ['APPID_MCHID_NOT_MATCH', { appid: 'wx0123456789abcdee' }],
  ])('%s for %j', async (code, changes) => {
    expect(await prepay(changes)).toMatchObject({ http: 400, code });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test('a parameter error names the field, and no JSON is one too', async () => {
    expect((await prepay({ amount: { total: 0, currency: 'CNY' } }))['message']).toContain('body.amount.total');
    const answer = await gateway.fetch(request('POST', '/v3/pay/transactions/jsapi', '{"appid":'));
    expect(await read(answer)).toMatchObject({ status: 400, content: { code: 'PARAM_ERROR' } });
  });

  test.each<Product>(['app', 'native'])('of %s has no payer yet', async (product) => {
    expect(await prepay({ payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' } }, product)).toMatchObject({
      http: 400,
      code: 'PARAM_ERROR',
    });
    expect((await prepay({}, product))['http']).toBe(200);
  });

  test.each<object>([
    { description: `${'长'.repeat(42)}a` },
    { out_trade_no: 'a_-|*1' },
    { out_trade_no: 'a'.repeat(32) },
    { notify_url: 'http://localhost:8787/callback/wechat-pay' },
    { time_expire: beijing(START_MS + MINUTE_MS) },
    { time_expire: beijing(START_MS + 7 * DAY_MS) },
    { time_expire: '2026-09-01T04:02:00+00:00' },
    { amount: { total: 1, currency: 'CNY' } },
  ])('may have %j', async (changes) => {
    expect(await prepay(changes)).toMatchObject({
      http: 200,
      prepay_id: expect.stringMatching(/^wx20260901120000\w{20}$/),
    });
  });

  test('is found by any way of writing its number into a path', async () => {
    await prepay({ out_trade_no: 'a_-|*1' });
    expect(await query('a_-%7C%2A1')).toMatchObject({ http: 200, out_trade_no: 'a_-|*1', trade_state: 'NOTPAY' });
    expect(await query('a_-|*1')).toMatchObject({ http: 200, out_trade_no: 'a_-|*1' });
  });

  test.each<Product>(['jsapi', 'app', 'native'])(
    'of %s asked for again is the same order with another handle',
    async (product) => {
      const first = await handle({}, product);
      const second = await handle({}, product);
      expect(second).not.toBe(first);
      expect(gateway.ledger.trades()).toHaveLength(1);
      const paramsOf = (id: string) => (product === 'jsapi' ? jsapiParams(id) : product === 'app' ? appParams(id) : id);
      expect(gateway.pay(paramsOf(first))).toMatchObject({ ok: true });
      expect(gateway.pay(paramsOf(second))).toMatchObject({ ok: false, code: 'ORDERPAID' });
    },
  );

  test('may be asked for again in another order of its fields', async () => {
    await prepay();
    const reversed = Object.fromEntries(Object.entries(order()).toReversed());
    expect(await ask('POST', '/v3/pay/transactions/jsapi', reversed)).toMatchObject({ http: 200 });
  });

  test.each<[Product, object]>([
    ['jsapi', { amount: { total: 19599, currency: 'CNY' } }],
    ['jsapi', { description: '另一件' }],
    ['jsapi', { time_expire: beijing(START_MS + 3 * MINUTE_MS) }],
    ['jsapi', { notify_url: `${NOTIFY_URL}/2` }],
    ['jsapi', { payer: { openid: 'oSomebodyElse' } }],
    ['app', {}],
    ['native', {}],
  ])('is not another one under the same number: %s %j', async (product, changes) => {
    await prepay();
    expect(await prepay(changes, product)).toMatchObject({ http: 403, code: 'OUT_TRADE_NO_USED' });
    expect(gateway.ledger.trades()).toMatchObject([{ amountFen: 19600 }]);
  });

  test('of an app is not one to scan, though the body is the same', async () => {
    await prepay({}, 'app');
    expect(await prepay({}, 'native')).toMatchObject({ http: 403, code: 'OUT_TRADE_NO_USED' });
  });

  test('is not handed out again when it is paid, closed or past its end', async () => {
    const terms = order({ time_expire: beijing(START_MS + 2 * MINUTE_MS) });
    const again = (number: string): Promise<Content> =>
      ask('POST', '/v3/pay/transactions/jsapi', { ...terms, out_trade_no: number });
    for (const number of ['paid01', 'closed1', 'late01']) expect((await again(number))['http']).toBe(200);
    gateway.pay('paid01');
    await close('closed1');
    expect(await again('paid01')).toMatchObject({ http: 400, code: 'ORDERPAID' });
    expect(await again('closed1')).toMatchObject({ http: 400, code: 'ORDER_CLOSED' });
    nowMs += 119_000;
    expect((await again('late01'))['http']).toBe(200);
    nowMs += 1000;
    expect(await again('late01')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
  });

  test('survives a restart', async () => {
    const params = await ticket();
    gateway = openGateway();
    expect(gateway.pay(params)).toMatchObject({ ok: true });
    gateway = openGateway();
    expect(await query()).toMatchObject({ trade_state: 'SUCCESS' });
    expect(gateway.takeNotifications()).toHaveLength(1);
  });
});

describe('what the client hands to WeChat', () => {
  test.each<[string, string, (id: string) => Params]>([
    ['SIGN_ERROR', 'another key', (id) => jsapiParams(id, {}, strangerKeys.privateKey)],
    [
      'SIGN_ERROR',
      'another time than was signed',
      (id) => ({ ...jsapiParams(id), timeStamp: String(Number(seconds()) - 1) }),
    ],
    [
      'SIGN_ERROR',
      'the bare prepay id signed',
      (id) => ({ ...jsapiParams(id), paySign: signed([APP_ID, seconds(), 'n0nce', id, ''].join('\n')) }),
    ],
    [
      'SIGN_ERROR',
      'no last line feed signed',
      (id) => ({ ...jsapiParams(id), paySign: signed([APP_ID, seconds(), 'n0nce', `prepay_id=${id}`].join('\n')) }),
    ],
    ['PARAM_ERROR', 'the sign type of version 2', (id) => jsapiParams(id, { signType: 'MD5' })],
    ['PARAM_ERROR', 'milliseconds', (id) => jsapiParams(id, { timeStamp: String(nowMs) })],
    [
      'PARAM_ERROR',
      'Beijing’s clock taken for UTC',
      (id) => jsapiParams(id, { timeStamp: String(nowMs / 1000 + 28_800) }),
    ],
    ['PARAM_ERROR', 'a time long ago', (id) => jsapiParams(id, { timeStamp: String(nowMs / 1000 - 7201) })],
    ['PARAM_ERROR', 'a bare prepay id', (id) => jsapiParams(id, { package: id })],
    ['PARAM_ERROR', 'one more field', (id) => ({ ...jsapiParams(id), prepayid: id })],
    ['APPID_MCHID_NOT_MATCH', 'another app', (id) => jsapiParams(id, { appId: 'wx0123456789abcdee' })],
    ['ORDER_NOT_EXIST', 'another prepay id', () => jsapiParams('wx20260901120000')],
    ['PARAM_ERROR', 'the parameters of an app', (id) => appParams(id)],
  ])('%s for %s', async (code, _what, params) => {
    const id = await handle();
    expect(gateway.openCashier(params(id))).toMatchObject({ ok: false, code });
    expect(gateway.pay(params(id))).toMatchObject({ ok: false, code });
    expect(gateway.ledger.capturedFen(NUMBER)).toBe(0);
  });

  test.each<[string, string, (id: string) => Params]>([
    ['SIGN_ERROR', 'another key', (id) => appParams(id, {}, strangerKeys.privateKey)],
    [
      'SIGN_ERROR',
      'the package signed',
      (id) => ({ ...appParams(id), sign: signed([APP_ID, seconds(), 'n0nce', `prepay_id=${id}`, ''].join('\n')) }),
    ],
    ['PARAM_ERROR', 'the package of a page', (id) => appParams(id, { package: `prepay_id=${id}` })],
    ['PARAM_ERROR', 'milliseconds', (id) => appParams(id, { timestamp: String(nowMs) })],
    ['PARAM_ERROR', 'a time ahead', (id) => appParams(id, { timestamp: String(nowMs / 1000 + 301) })],
    ['PARAM_ERROR', 'one more field', (id) => ({ ...appParams(id), signType: 'RSA' })],
    ['APPID_MCHID_NOT_MATCH', 'another app', (id) => appParams(id, { appid: 'wx0123456789abcdee' })],
    ['APPID_MCHID_NOT_MATCH', 'another merchant', (id) => appParams(id, { partnerid: '1900000002' })],
    ['PARAM_ERROR', 'the parameters of a page', (id) => jsapiParams(id)],
  ])('of an app: %s for %s', async (code, _what, params) => {
    const id = await handle({}, 'app');
    expect(gateway.pay(params(id))).toMatchObject({ ok: false, code });
    expect(gateway.pay(appParams(id))).toMatchObject({ ok: true });
  });

  test.each([
    'weixin://wxpay/bizpayurl?pr=unknown',
    'weixin://wxpay/elsewhere?pr=abc',
    'weixin:',
    '',
    'a=1&a=2',
    '{"a":1}',
    '{',
    'short',
  ])('nothing comes of %j', async (text) => {
    await prepay({}, 'native');
    expect(gateway.pay(text)).toMatchObject({ ok: false });
  });

  test('comes as an object, as JSON, as a query string, as a code, as a number', async () => {
    const params = await ticket();
    const forms = [params, JSON.stringify(params), new URLSearchParams(params).toString(), NUMBER];
    const codeUrl = await handle({ out_trade_no: 'native1' }, 'native');
    expect(codeUrl).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
    for (const form of forms)
      expect(gateway.openCashier(form)).toMatchObject({ ok: true, tradeType: 'JSAPI', trade: { outTradeNo: NUMBER } });
    for (const form of [codeUrl, new URLSearchParams({ code_url: codeUrl }).toString(), 'native1'])
      expect(gateway.openCashier(form)).toMatchObject({ ok: true, tradeType: 'NATIVE', trade: { amountFen: 19600 } });
  });

  test('says everything once', async () => {
    const params = new URLSearchParams(await ticket()).toString();
    expect(gateway.pay(`${params}&signType=RSA`)).toMatchObject({ ok: false, code: 'PARAM_ERROR' });
    expect(gateway.pay(params)).toMatchObject({ ok: true });
  });

  test('is good for two hours, and the next prepay gives another', async () => {
    const terms = order({ time_expire: beijing(START_MS + DAY_MS) });
    const prepayId = async (): Promise<string> =>
      String((await ask('POST', '/v3/pay/transactions/jsapi', terms))['prepay_id']);
    const old = await prepayId();
    nowMs += 2 * HOUR_MS - 1000;
    expect(gateway.openCashier(jsapiParams(old))).toMatchObject({
      standing: 'payable',
      payableUntilMs: START_MS + 2 * HOUR_MS,
    });
    nowMs += 1000;
    expect(gateway.pay(jsapiParams(old))).toMatchObject({ ok: false, code: 'ORDER_EXPIRED' });
    expect(gateway.pay(jsapiParams(await prepayId()))).toMatchObject({ ok: true });
  });
});

describe('a payment', () => {
  test('is one capture, one transaction id, one notification', async () => {
    const params = await ticket();
    expect(await query()).toEqual({
      http: 200,
      appid: APP_ID,
      mchid: MCH_ID,
      out_trade_no: NUMBER,
      trade_state: 'NOTPAY',
      trade_state_desc: '订单未支付',
      promotion_detail: [],
      amount: { total: 19600, payer_currency: 'CNY' },
    });
    nowMs += 5000;
    const paid = gateway.pay(params);
    expect(paid).toMatchObject({ ok: true, trade: { capturedFen: 19600, refundedFen: 0 } });
    const transactionId = paid.ok ? paid.trade.transactionId : '';
    expect(transactionId).toMatch(/^4200\d{24}$/);
    const answer = await query();
    expect(answer).toMatchObject({
      http: 200,
      trade_state: 'SUCCESS',
      trade_type: 'JSAPI',
      transaction_id: transactionId,
      success_time: '2026-09-01T12:00:05+08:00',
      payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
      amount: { total: 19600, payer_total: 19600, currency: 'CNY', payer_currency: 'CNY' },
    });
    expect(await ask('GET', `/v3/pay/transactions/id/${transactionId}?mchid=${MCH_ID}`)).toEqual(answer);
    expect(gateway.pay(params)).toMatchObject({ ok: false, code: 'ORDERPAID' });
    expect(gateway.fail(params)).toMatchObject({ ok: false, code: 'ORDERPAID' });
    expect(gateway.takeNotifications()).toHaveLength(1);
    expect(gateway.ledger.entries().map(({ event }) => event.type)).toEqual(['opened', 'captured']);
  });

  test('has no number of WeChat Pay’s before it is made', async () => {
    await prepay();
    const transactionId = gateway.ledger.trade(NUMBER)?.transactionId ?? '';
    expect(await ask('GET', `/v3/pay/transactions/id/${transactionId}?mchid=${MCH_ID}`)).toMatchObject({
      http: 404,
      code: 'ORDER_NOT_EXIST',
    });
    expect(await query('never01')).toMatchObject({ http: 404, code: 'ORDER_NOT_EXIST' });
  });

  test.each(['openWithoutPaying', 'fail'] as const)('%s: nothing changes, and it can still be made', async (deed) => {
    const params = await ticket();
    expect(gateway[deed](params)).toMatchObject({ ok: true, trade: { capturedFen: 0, closedBy: null } });
    expect(await query()).toMatchObject({ trade_state: 'NOTPAY' });
    expect(gateway.takeNotifications()).toEqual([]);
    expect(gateway.pay(params)).toMatchObject({ ok: true });
  });

  test('is refused from the deadline on, unless it was under way; the order stays open', async () => {
    const params = await ticket();
    nowMs += 2 * MINUTE_MS;
    expect(gateway.openCashier(params)).toMatchObject({ standing: 'expired' });
    expect(gateway.pay(params)).toMatchObject({ ok: false, code: 'ORDER_EXPIRED' });
    expect(gateway.openWithoutPaying(params)).toMatchObject({ ok: false, code: 'ORDER_EXPIRED' });
    expect(await query()).toMatchObject({ trade_state: 'NOTPAY' });
    expect(gateway.pay(params, { late: true })).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
    expect(await query()).toMatchObject({ trade_state: 'SUCCESS' });
  });

  test('of a closed order is refused, however late', async () => {
    const params = await ticket();
    expect(await close()).toEqual({ http: 204 });
    expect(await query()).toMatchObject({ trade_state: 'CLOSED', trade_state_desc: '订单已关闭' });
    expect(await close()).toEqual({ http: 204 });
    expect(gateway.ledger.entriesOf(NUMBER).filter(({ event }) => event.type === 'closed')).toHaveLength(1);
    expect(gateway.pay(params)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect(gateway.pay(params, { late: true })).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect(gateway.takeNotifications()).toEqual([]);
  });

  test('after a week is refused too: the order has closed by itself', async () => {
    await prepay();
    nowMs += 7 * DAY_MS - 1;
    expect(await query()).toMatchObject({ trade_state: 'NOTPAY' });
    nowMs += 1;
    expect(await query()).toMatchObject({ trade_state: 'CLOSED' });
    expect(gateway.pay(NUMBER, { late: true })).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect(await close()).toEqual({ http: 204 });
  });

  test('cannot be closed away; a number that nobody knows can', async () => {
    gateway.pay(await ticket());
    expect(await close()).toMatchObject({ http: 400, code: 'ORDERPAID' });
    expect(await query()).toMatchObject({ trade_state: 'SUCCESS' });
    expect(await close('never01')).toEqual({ http: 204 });
    expect(await query('never01')).toMatchObject({ http: 404, code: 'ORDER_NOT_EXIST' });
    await refund(1, 'r1');
    expect(await close()).toMatchObject({ http: 400, code: 'ORDERPAID' });
  });

  test('with a coupon takes less from the payer and the same for the merchant', async () => {
    const params = await ticket();
    expect(gateway.pay(params, { couponFen: 19600 })).toMatchObject({ ok: false, code: 'PARAM_ERROR' });
    gateway.pay(params, { couponFen: 4900 });
    const amount = { total: 19600, payer_total: 14700 };
    expect(await query()).toMatchObject({ amount });
    expect((await openNext()).resource).toMatchObject({ amount });
    expect(await refund(10000, 'r1')).toMatchObject({
      amount: { total: 19600, refund: 10000, payer_total: 14700, payer_refund: 7500, discount_refund: 2500 },
    });
  });
});

describe('a refund', () => {
  let transactionId = '';
  beforeEach(async () => {
    const paid = gateway.pay(await ticket());
    transactionId = paid.ok ? paid.trade.transactionId : '';
    gateway.takeNotifications();
  });

  test('is under way first, and done when somebody asks', async () => {
    expect(await refund(9600, 'r1')).toMatchObject({
      http: 200,
      out_refund_no: 'r1',
      out_trade_no: NUMBER,
      transaction_id: transactionId,
      refund_id: expect.stringMatching(/^5030\d{24}$/),
      create_time: '2026-09-01T12:00:00+08:00',
      status: 'PROCESSING',
      amount: { total: 19600, refund: 9600, currency: 'CNY' },
    });
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(0);
    expect(await query()).toMatchObject({ trade_state: 'REFUND', transaction_id: transactionId });
    nowMs += 60_000;
    expect(await queryRefund('r1')).toMatchObject({ status: 'SUCCESS', success_time: '2026-09-01T12:01:00+08:00' });
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(9600);
    expect(await query()).toMatchObject({ trade_state: 'REFUND' });
    await queryRefund('r1');
    expect(gateway.takeNotifications()).toHaveLength(1);
  });

  test('is one for each number, whatever has become of it', async () => {
    const first = await refund(9600, 'r1');
    expect(await refund(9600, 'r1')).toEqual(first);
    const byTransaction = { out_trade_no: undefined, transaction_id: transactionId };
    expect(await refund(9600, 'r1', byTransaction)).toEqual(first);
    expect(await refund(9500, 'r1')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    await queryRefund('r1');
    expect(await refund(9600, 'r1')).toMatchObject({ http: 200, status: 'SUCCESS', refund_id: first['refund_id'] });
    expect(await refund(9500, 'r1')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    expect(gateway.ledger.trade(NUMBER)?.refunds).toHaveLength(1);
  });

  test('under the number of another order’s refund is refused', async () => {
    await refund(1, 'r1');
    const other = order({ out_trade_no: 'other01' });
    await ask('POST', '/v3/pay/transactions/jsapi', other);
    gateway.pay('other01');
    expect(await refund(1, 'r1', { out_trade_no: 'other01' })).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
  });

  test('is never more than was paid, counting what is under way', async () => {
    expect(await refund(19601, 'r1')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    expect(await refund(9600, 'r1')).toMatchObject({ http: 200 });
    expect(await refund(10001, 'r2')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    expect(await refund(10000, 'r2')).toMatchObject({ http: 200 });
    expect(await refund(1, 'r3')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    for (const number of ['r1', 'r2']) await queryRefund(number);
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(19600);
    expect(gateway.refunds.of(NUMBER).map(({ refundNo, status }) => [refundNo, status])).toEqual([
      ['r1', 'SUCCESS'],
      ['r2', 'SUCCESS'],
    ]);
  });

  test('knows what was paid: another total is refused', async () => {
    const amount = { refund: 1, total: 19599, currency: 'CNY' };
    expect(await refund(1, 'r1', { amount })).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    await refund(1, 'r1');
    expect(await refund(1, 'r1', { amount })).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
  });

  test('at most fifty times', async () => {
    for (let nth = 1; nth <= 50; nth += 1) expect((await refund(1, `r${nth}`))['http']).toBe(200);
    expect(await refund(1, 'r51')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
  });

  test('is too late after a year', async () => {
    nowMs += 365 * DAY_MS;
    expect(await refund(1, 'r1')).toMatchObject({ http: 200 });
    nowMs += 1;
    expect(await refund(1, 'r2')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    expect(await refund(1, 'r1')).toMatchObject({ http: 200 });
  });

  test('needs an order that was paid', async () => {
    await ask('POST', '/v3/pay/transactions/jsapi', order({ out_trade_no: 'open001' }));
    const refused = { http: 404, code: 'RESOURCE_NOT_EXISTS' };
    expect(await refund(1, 'r1', { out_trade_no: 'open001' })).toMatchObject(refused);
    expect(await refund(1, 'r1', { out_trade_no: 'never01' })).toMatchObject(refused);
    const unknown = { out_trade_no: undefined, transaction_id: '4'.repeat(28) };
    expect(await refund(1, 'r1', unknown)).toMatchObject(refused);
    expect(await queryRefund('r1')).toMatchObject(refused);
  });

  test('can be done at once', async () => {
    gateway.refunds.setCourse('at_once');
    expect(await refund(1, 'r1')).toMatchObject({ status: 'SUCCESS' });
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(1);
    expect((await openNext()).event['event_type']).toBe('REFUND.SUCCESS');
  });

  test('can wait to be told, and end once', async () => {
    gateway.refunds.setCourse('when_told');
    await refund(1, 'r1');
    expect(await queryRefund('r1')).toMatchObject({ status: 'PROCESSING' });
    expect(gateway.takeNotifications()).toEqual([]);
    gateway.refunds.end('r1', 'SUCCESS');
    expect(await queryRefund('r1')).toMatchObject({ status: 'SUCCESS' });
    expect(() => gateway.refunds.end('r1', 'SUCCESS')).toThrow('r1: SUCCESS');
    expect(() => gateway.refunds.end('r1', 'ABNORMAL')).toThrow('r1: SUCCESS');
    expect(() => gateway.refunds.end('r2', 'SUCCESS')).toThrow('no such refund');
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(1);
    expect(gateway.takeNotifications()).toHaveLength(1);
  });

  test('can be closed: its number is spent, its money is free again', async () => {
    gateway.refunds.setCourse('closed');
    expect(await refund(19600, 'r1')).toMatchObject({ status: 'PROCESSING' });
    expect(await queryRefund('r1')).toMatchObject({ status: 'CLOSED' });
    expect((await openNext()).resource).toMatchObject({ out_refund_no: 'r1', refund_status: 'CLOSED' });
    expect(await refund(19600, 'r1')).toMatchObject({ status: 'CLOSED' });
    expect(await query()).toMatchObject({ trade_state: 'SUCCESS' });
    gateway.refunds.setCourse('at_once');
    expect(await refund(19600, 'r2')).toMatchObject({ status: 'SUCCESS' });
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(19600);
  });

  test('can get stuck, and be helped out of it', async () => {
    gateway.refunds.setCourse('abnormal');
    await refund(19600, 'r1');
    const stuck = await queryRefund('r1');
    expect(stuck).toMatchObject({ status: 'ABNORMAL' });
    expect(stuck).not.toHaveProperty('success_time');
    expect((await openNext()).event['event_type']).toBe('REFUND.ABNORMAL');
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(0);
    expect(await refund(1, 'r2')).toMatchObject({ http: 400, code: 'INVALID_REQUEST' });
    gateway.refunds.end('r1', 'SUCCESS');
    expect(await queryRefund('r1')).toMatchObject({ status: 'SUCCESS' });
    expect((await openNext()).event['event_type']).toBe('REFUND.SUCCESS');
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(19600);
  });

  test('without a notify_url ends in silence', async () => {
    await refund(1, 'r1', { notify_url: undefined });
    expect(await queryRefund('r1')).toMatchObject({ status: 'SUCCESS' });
    expect(gateway.takeNotifications()).toEqual([]);
  });
});

describe('a notification', () => {
  test('of a payment is encrypted, signed, and tells all of it', async () => {
    const paid = gateway.pay(await ticket());
    const { event, resource, url } = await openNext();
    expect(url).toBe(NOTIFY_URL);
    expect(event).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      create_time: '2026-09-01T12:00:00+08:00',
      event_type: 'TRANSACTION.SUCCESS',
      resource_type: 'encrypt-resource',
      resource: { algorithm: 'AEAD_AES_256_GCM', original_type: 'transaction', associated_data: 'transaction' },
    });
    expect(resource).toMatchObject({
      appid: APP_ID,
      mchid: MCH_ID,
      out_trade_no: NUMBER,
      transaction_id: paid.ok ? paid.trade.transactionId : '',
      trade_state: 'SUCCESS',
      trade_type: 'JSAPI',
      success_time: '2026-09-01T12:00:00+08:00',
      amount: { total: 19600, payer_total: 19600, currency: 'CNY' },
    });
  });

  test('of a refund has another word for its status, and no app id', async () => {
    gateway.pay(await ticket());
    gateway.takeNotifications();
    await refund(9600, 'r1', { notify_url: `${NOTIFY_URL}/refunds` });
    await queryRefund('r1');
    const { event, resource, url } = await openNext();
    expect(url).toBe(`${NOTIFY_URL}/refunds`);
    expect(event).toMatchObject({
      event_type: 'REFUND.SUCCESS',
      resource: { original_type: 'refund', associated_data: 'refund' },
    });
    expect(resource).toMatchObject({
      mchid: MCH_ID,
      out_trade_no: NUMBER,
      out_refund_no: 'r1',
      refund_status: 'SUCCESS',
      success_time: '2026-09-01T12:00:00+08:00',
      amount: { total: 19600, refund: 9600, payer_total: 19600, payer_refund: 9600 },
    });
    expect(resource).not.toHaveProperty('appid');
    expect(resource).not.toHaveProperty('status');
  });

  test('is signed anew for every try, over the same body', async () => {
    gateway.pay(await ticket());
    const [first] = gateway.takeNotifications();
    if (first === undefined) throw new Error('nothing was sent');
    nowMs += 10 * MINUTE_MS;
    expect(() => voucher(new Headers(first.headers), first.body)).toThrow('of another time');
    const second = gateway.signAgain(first);
    expect(second.body).toBe(first.body);
    expect(voucher(new Headers(second.headers), second.body)).toBe(PLATFORM_SERIAL);
    expect(second.headers['wechatpay-nonce']).not.toBe(first.headers['wechatpay-nonce']);
  });

  test('is signed at the moment it is taken, not when it was queued', async () => {
    gateway.pay(await ticket());
    nowMs += HOUR_MS;
    expect((await openNext()).event['create_time']).toBe('2026-09-01T12:00:00+08:00');
  });

  test('in a rotation comes under the other key, as do answers, until it is over', async () => {
    gateway.pay(await ticket());
    gateway.signer.use('next');
    gateway = openGateway();
    const [notification] = gateway.takeNotifications();
    if (notification === undefined) throw new Error('nothing was sent');
    expect((await open(notification)).by).toBe(NEXT_SERIAL);
    const target = `/v3/pay/transactions/out-trade-no/${NUMBER}?mchid=${MCH_ID}`;
    expect((await send('GET', target)).by).toBe(NEXT_SERIAL);
    gateway.signer.use('current');
    expect((await send('GET', target)).by).toBe(PLATFORM_SERIAL);
    expect(voucher(new Headers(gateway.signAgain(notification).headers), notification.body)).toBe(PLATFORM_SERIAL);
  });

  test('has no second key to come under when there is none, and no key of another length', () => {
    const lonely = openGateway({ nextPlatform: undefined });
    expect(() => lonely.signer.use('next')).toThrow('no second platform key');
    expect(() => openGateway({ apiV3Key: 'too short' })).toThrow('32 bytes');
  });

  test('can be a probe: a false signature, and the true message after it', async () => {
    gateway.pay(await ticket());
    gateway.signer.probe('notification', 1);
    const [probe] = gateway.takeNotifications();
    if (probe === undefined) throw new Error('nothing was sent');
    expect(probe.headers['wechatpay-signature']).toMatch(/^WECHATPAY\/SIGNTEST\/\w+$/);
    expect(() => voucher(new Headers(probe.headers), probe.body)).toThrow('a false signature');
    expect((await open(gateway.signAgain(probe))).resource).toMatchObject({ out_trade_no: NUMBER });
    gateway.signer.probe('answer', 1);
    const target = `/v3/pay/transactions/out-trade-no/${NUMBER}?mchid=${MCH_ID}`;
    const answer = await gateway.fetch(request('GET', target));
    expect(answer.headers.get('wechatpay-signature')).toMatch(/^WECHATPAY\/SIGNTEST\/\w+$/);
    expect((await send('GET', target)).by).toBe(PLATFORM_SERIAL);
  });

  test('can be made of anything, and anything can be signed', async () => {
    const odd = gateway.signNotification({
      eventType: 'TRANSACTION.SUCCESS',
      summary: '',
      associatedData: '',
      resource: { mchid: '1900000002' },
    });
    expect(await open(odd)).toMatchObject({
      resource: { mchid: '1900000002' },
      event: { resource: { associated_data: '' } },
    });
    const xml = '<xml><return_code>SUCCESS</return_code></xml>';
    expect(voucher(new Headers(gateway.signBody(xml)), xml)).toBe(PLATFORM_SERIAL);
    expect(gateway.takeNotifications()).toEqual([]);
  });
});

describe('a fault', () => {
  beforeEach(async () => {
    gateway.pay(await ticket());
    gateway.takeNotifications();
  });

  test.each(['before', 'after'] as const)('%s the effect: 500, reset, timeout, malformed', async (when) => {
    const outcomes = new Map<string, unknown>();
    for (const kind of ['500', 'reset', 'timeout', 'malformed'] as const) {
      gateway.faults.plan({ method: 'wechat.refund', when, kind });
      const outcome = await gateway.fetch(refundCall()).catch((error: unknown) => error);
      outcomes.set(
        kind,
        outcome instanceof Response ? [outcome.status, await outcome.text(), outcome.headers] : outcome,
      );
      expect(gateway.refunds.of(NUMBER)).toHaveLength(when === 'before' ? 0 : 1);
    }
    expect(outcomes.get('500')).toMatchObject([500, 'Internal Server Error', {}]);
    expect(outcomes.get('reset')).toBeInstanceOf(TypeError);
    expect(outcomes.get('timeout')).toMatchObject({ name: 'TimeoutError' });
    const malformed = outcomes.get('malformed');
    const [status, half, headers] = Array.isArray(malformed) ? malformed : [];
    expect(status).toBe(200);
    expect(() => JSON.parse(String(half))).toThrow(SyntaxError);
    expect(voucher(new Headers(headers), String(half))).toBe(PLATFORM_SERIAL);
    expect(await refund(1, 'r1')).toMatchObject({ http: 200, status: 'PROCESSING' });
    expect(gateway.refunds.of(NUMBER)).toHaveLength(1);
  });

  test('unsigned after the effect: the true answer, and nobody who vouches for it', async () => {
    gateway.faults.plan({ method: 'wechat.refund', when: 'after', kind: 'unsigned' });
    expect(await read(await gateway.fetch(refundCall()))).toMatchObject({
      status: 200,
      by: null,
      content: { out_refund_no: 'r1', status: 'PROCESSING' },
    });
    expect(gateway.refunds.find('r1')).toMatchObject({ status: 'PROCESSING' });
  });

  test('unsigned before the effect: a whole success of something that never happened', async () => {
    const unsigned = async (method: string, call: Request): Promise<Received> => {
      gateway.faults.plan({ method, when: 'before', kind: 'unsigned' });
      const answer = await read(await gateway.fetch(call));
      expect(answer.by).toBeNull();
      return answer;
    };
    await ask('POST', '/v3/pay/transactions/jsapi', order({ out_trade_no: 'open001' }));
    const path = '/v3/pay/transactions/out-trade-no/open001';
    expect((await unsigned('wechat.query', request('GET', `${path}?mchid=${MCH_ID}`))).content).toMatchObject({
      appid: APP_ID,
      mchid: MCH_ID,
      out_trade_no: 'open001',
      transaction_id: expect.any(String),
      trade_state: 'SUCCESS',
      success_time: '2026-09-01T12:00:00+08:00',
      amount: { total: 19600 },
    });
    const closed = await unsigned('wechat.close', request('POST', `${path}/close`, JSON.stringify({ mchid: MCH_ID })));
    expect(closed.status).toBe(204);
    expect(await query('open001')).toMatchObject({ trade_state: 'NOTPAY' });
    const prepaid = await unsigned(
      'wechat.prepay',
      request('POST', '/v3/pay/transactions/app', JSON.stringify(order({ out_trade_no: 'new0001' }, 'app'))),
    );
    expect(prepaid.content).toMatchObject({ prepay_id: expect.any(String) });
    expect(await query('new0001')).toMatchObject({ http: 404 });
    expect((await unsigned('wechat.refund', refundCall())).content).toMatchObject({
      out_refund_no: 'r1',
      out_trade_no: NUMBER,
      status: 'SUCCESS',
      amount: { refund: 1 },
    });
    expect(gateway.refunds.of(NUMBER)).toEqual([]);
    await refund(2, 'r2');
    const asked = await unsigned('wechat.refund.query', request('GET', '/v3/refund/domestic/refunds/r2'));
    expect(asked.content).toMatchObject({ out_refund_no: 'r2', status: 'SUCCESS', amount: { refund: 2 } });
    expect(gateway.ledger.refundedFen(NUMBER)).toBe(0);
  });

  test.each([
    ['NOT_ENOUGH', 403],
    ['FREQUENCY_LIMITED', 429],
    ['SYSTEM_ERROR', 500],
    ['USER_PAYING', 202],
    ['SOMETHING_NEW', 400],
  ])('refused: %s comes signed, with status %i', async (subCode, http) => {
    gateway.faults.plan({ method: 'wechat.refund', when: 'before', kind: 'refused', subCode });
    expect(await refund(1, 'r1')).toMatchObject({ http, code: subCode });
    expect(gateway.refunds.of(NUMBER)).toEqual([]);
  });

  test('strikes its own call only', async () => {
    const names = ['wechat.prepay', 'wechat.query', 'wechat.close', 'wechat.refund', 'wechat.refund.query'];
    await refund(1, 'r1');
    const sent: ((number: string) => Promise<Content>)[] = [
      (number) => ask('POST', '/v3/pay/transactions/jsapi', order({ out_trade_no: number })),
      () => query(),
      (number) => close(number),
      (number) => refund(1, number),
      () => queryRefund('r1'),
    ];
    const outcomes: unknown[] = [];
    for (const [position, name] of names.entries()) {
      gateway.faults.plan({ method: name, when: 'before', kind: 'reset' });
      const asked = sent.map((call) => call(`other${position}`));
      const settled = await Promise.allSettled(asked);
      outcomes.push(settled.map((outcome) => (outcome.status === 'rejected' ? 'lost' : outcome.value['code'])));
    }
    expect(outcomes).toEqual(
      names.map((_name, position) => names.map((_, nth) => (nth === position ? 'lost' : undefined))),
    );
    expect(gateway.faults.ahead().planned).toEqual([]);
  });
});
