/** The pretend outside world is only worth something when it is stricter than the real one: its own tests. */
import { env } from 'cloudflare:workers';
import { createHmac, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAlipayGateway, type AlipayGateway } from '../sandbox/alipay/gateway.ts';
import { createMemoryStorage } from '../sandbox/memory-storage.ts';
import { createRoutes } from '../sandbox/routes.ts';
import { scanCode } from '../sandbox/scan-code.ts';
import { createWorld, type WorldParts } from '../sandbox/world.ts';

const START_MS = Date.parse('2026-09-01T12:00:00+08:00');
const MINUTE_MS = 60_000;
const merchantKey = createPrivateKey(env.ALIPAY_PRIVATE_KEY);
const alipayPublicKey = createPublicKey(env.ALIPAY_PUBLIC_KEY);
const strangerKey = createPrivateKey(env.SANDBOX_ALIPAY_PRIVATE_KEY);

let nowMs = START_MS;
let gateway: AlipayGateway;

beforeEach(() => {
  nowMs = START_MS;
  gateway = createAlipayGateway({
    merchant: {
      appId: env.ALIPAY_APP_ID,
      sellerId: env.ALIPAY_SELLER_ID,
      publicKeyPem: env.SANDBOX_MERCHANT_PUBLIC_KEY,
    },
    alipayPrivateKeyPem: env.SANDBOX_ALIPAY_PRIVATE_KEY,
    now: () => nowMs,
  });
});

type Fields = Record<string, string>;

/** Beijing time, as text. */
function beijing(ms: number): string {
  return new Date(ms + 480 * MINUTE_MS).toISOString().slice(0, 19).replace('T', ' ');
}

function joined(fields: Fields): string {
  return Object.entries(fields)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function signed(fields: Fields, key = merchantKey): Fields {
  const text = joined(Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '')));
  return { ...fields, sign: sign('RSA-SHA256', Buffer.from(text), key).toString('base64') };
}

function publicFields(method: string, changes: Fields = {}): Fields {
  return {
    app_id: env.ALIPAY_APP_ID,
    method,
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: beijing(nowMs),
    version: '1.0',
    ...changes,
  };
}

const SLIP = {
  out_trade_no: '20260901120000000000010001',
  total_amount: '196.00',
  subject: '1号技师的项目二',
  product_code: 'QUICK_MSECURITY_PAY',
};

function orderString(content: object = {}, changes: Fields = {}, key = merchantKey): string {
  const bizContent = { ...SLIP, time_expire: beijing(nowMs + 2 * MINUTE_MS), ...content };
  const fields = publicFields('alipay.trade.app.pay', {
    notify_url: 'https://orders.example/callback/alipay',
    biz_content: JSON.stringify(bizContent),
    ...changes,
  });
  return new URLSearchParams(signed(fields, key)).toString();
}

const GATEWAY = 'https://alipay.example/gateway.do';

/** What a page takes to the gateway. */
function pageFields(content: object = {}, changes: Fields = {}, key = merchantKey): Fields {
  const order = { ...SLIP, product_code: 'FAST_INSTANT_TRADE_PAY', time_expire: beijing(START_MS + 2 * MINUTE_MS) };
  const bizContent = JSON.stringify({ ...order, ...content });
  const fields = publicFields('alipay.trade.page.pay', { notify_url: NOTIFY_URL, biz_content: bizContent, ...changes });
  return signed(fields, key);
}

function linkOf(fields: Fields): string {
  return `${GATEWAY}?${new URLSearchParams(fields).toString()}`;
}

/** The same at the running sandbox. */
function pathOf(fields: Fields): string {
  return linkOf(fields).replace('https://alipay.example', '/alipay');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}

/** A form as any shop may write it: not with our provider's ids and blanks. */
function formOf(query: Fields, body: Fields): string {
  const inputs = Object.entries(body).map(([name, value]) => `<input name="${name}" value="${escaped(value)}" />`);
  return `\n<form name="f" action="${escaped(linkOf(query))}" method="post">\n${inputs.join('\n')}</form>
    <script>document.forms["f"].submit();</script>`;
}

/** What a browser gets from the gateway: a page, whatever it says. */
async function browse(address: string, body?: Fields): Promise<{ status: number; page: string }> {
  const init = body === undefined ? {} : { method: 'POST', body: new URLSearchParams(body) };
  const response = await gateway.fetch(new Request(address, init));
  expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
  return { status: response.status, page: await response.text() };
}

const PRECREATE = 'alipay.trade.precreate';
const NOTIFY_URL = 'https://orders.example/callback/alipay';

/** A call that asks for a code. */
function codeCall(content: object = {}, changes: Fields = {}): Fields {
  const order = { ...SLIP, product_code: 'QR_CODE_OFFLINE', time_expire: beijing(START_MS + 30 * MINUTE_MS) };
  const bizContent = JSON.stringify({ ...order, ...content });
  return signed(publicFields(PRECREATE, { notify_url: NOTIFY_URL, biz_content: bizContent, ...changes }));
}

/** The answer to it, which has to be signed. */
async function precreate(content: object = {}): Promise<Fields> {
  const answer = readAnswer(await (await gateway.fetch(post(codeCall(content)))).text());
  expect(answer.unsigned).toBeUndefined();
  return answer.signed ?? {};
}

async function newCode(content: object = {}): Promise<string> {
  const { code, qr_code: codeUrl = '' } = await precreate(content);
  expect(code).toBe('10000');
  return codeUrl;
}

function post(fields: Fields): Request {
  const { biz_content: bizContent = '', ...query } = fields;
  return new Request(`https://alipay.example/gateway.do?${new URLSearchParams(query).toString()}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
    body: new URLSearchParams({ biz_content: bizContent }),
  });
}

/** One call, and its inner object when the signature over it is Alipay's own; `unsigned` holds it otherwise. */
async function call(
  method: string,
  content: object,
  changes: Fields = {},
): Promise<{ signed?: Fields; unsigned?: Fields }> {
  const fields = signed(publicFields(method, { biz_content: JSON.stringify(content), ...changes }));
  const response = await gateway.fetch(post(fields));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html;charset=utf-8');
  return readAnswer(await response.text());
}

function readAnswer(text: string): { signed?: Fields; unsigned?: Fields } {
  const whole: unknown = JSON.parse(text);
  expect(whole).toBeTypeOf('object');
  const parts = /^\{"\w+_response":(?<inner>.*?)(?:,"sign":"(?<signature>[A-Za-z0-9+/=]{344})")?\}$/s.exec(
    text,
  )?.groups;
  const inner = parts?.['inner'] ?? '';
  const content: Fields = JSON.parse(inner);
  const signature = parts?.['signature'];
  if (signature === undefined) return { unsigned: content };
  expect(verify('RSA-SHA256', Buffer.from(inner), alipayPublicKey, Buffer.from(signature, 'base64'))).toBe(true);
  return { signed: content };
}

/** The content of an answer that has to be signed. */
async function ask(method: string, content: object = { out_trade_no: SLIP.out_trade_no }): Promise<Fields> {
  const answer = await call(method, content);
  expect(answer.unsigned).toBeUndefined();
  return answer.signed ?? {};
}

const refundOf = (amount: string, number: string): object => ({
  out_trade_no: SLIP.out_trade_no,
  refund_amount: amount,
  out_request_no: number,
});

/** A good call with everything that is easily signed wrongly: a plus sign, a percent sign, a blank. */
function signedQuery(): Fields {
  return signed(publicFields('alipay.trade.query', { biz_content: '{"out_trade_no":"a1"}', app_auth_token: 'b +%2B' }));
}

function askRefund(amount: string, number: string): Promise<Fields> {
  return ask('alipay.trade.refund', refundOf(amount, number));
}

function refundUnder(outTradeNo: string): Promise<Fields> {
  return ask('alipay.trade.refund', { ...refundOf('1.00', 'r1'), out_trade_no: outTradeNo });
}

function refundCall(): Request {
  return post(signed(publicFields('alipay.trade.refund', { biz_content: JSON.stringify(refundOf('1.00', 'r1')) })));
}

function refundedFen(): number {
  return gateway.ledger.refundedFen(SLIP.out_trade_no);
}

/** What 300 calls meet. */
function drawFaults(seed: number): string[] {
  gateway.faults.heal();
  gateway.faults.random(seed, 0.3);
  return Array.from({ length: 300 }, () => {
    const fault = gateway.faults.next('alipay.trade.query');
    return fault === null ? 'none' : `${fault.when} ${fault.kind}`;
  });
}

/** A button of the cashier, pressed by a script. */
function press(button: string): RequestInit & { path: string } {
  return {
    path: `/alipay/cashier/${button}`,
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ order_string: orderString() }),
  };
}

describe('every call is checked', () => {
  const query = (changes: Fields = {}): Promise<{ signed?: Fields; unsigned?: Fields }> =>
    call('alipay.trade.query', { out_trade_no: SLIP.out_trade_no }, changes);

  test.each<[string, Fields]>([
    ['isv.invalid-app-id', { app_id: '2021000000000000' }],
    ['isv.invalid-method', { method: 'alipay.trade.unknown' }],
    ['isv.invalid-method', { method: 'alipay.trade.app.pay' }],
    ['isv.missing-method', { method: '' }],
    ['isv.invalid-charset', { charset: 'gbk' }],
    ['isv.missing-charset', { charset: '' }],
    ['isv.invalid-format', { format: 'XML' }],
    ['isv.invalid-signature-type', { sign_type: 'RSA' }],
    ['isv.missing-signature-type', { sign_type: '' }],
    ['isv.invalid-parameter', { version: '2.0' }],
    ['isv.invalid-timestamp', { timestamp: beijing(START_MS - 11 * MINUTE_MS) }],
    ['isv.invalid-timestamp', { timestamp: beijing(START_MS + 11 * MINUTE_MS) }],
    ['isv.invalid-timestamp', { timestamp: beijing(START_MS - 480 * MINUTE_MS) }],
    ['isv.invalid-timestamp', { timestamp: '2026-09-01T12:00:00' }],
    ['isv.invalid-timestamp', { timestamp: '2026-02-30 12:00:00' }],
  ])('%s for %j', async (subCode, changes) => {
    const answer = await query(changes);
    expect(answer.signed).toBeUndefined();
    expect(answer.unsigned).toMatchObject({ sub_code: subCode });
    expect(answer.unsigned?.['code']).toBe(subCode.startsWith('isv.missing') ? '40001' : '40002');
  });

  test('a clock that is nine minutes off is accepted', async () => {
    expect((await query({ timestamp: beijing(nowMs - 9 * MINUTE_MS) })).signed).toBeDefined();
    expect((await query({ timestamp: beijing(nowMs + 9 * MINUTE_MS) })).signed).toBeDefined();
  });

  test('empty parameters take no part in the signature', async () => {
    expect((await query({ app_auth_token: '' })).signed).toBeDefined();
  });

  test.each<[string, () => Fields]>([
    ['another key', () => signed(signedQuery(), strangerKey)],
    ['a changed value', () => ({ ...signedQuery(), biz_content: '{"out_trade_no":"a2"}' })],
    ['an added parameter', () => ({ ...signedQuery(), notify_url: 'https://elsewhere.example' })],
    [
      'a sign_type that was not signed',
      () => {
        const { sign_type: type = '', ...rest } = publicFields('alipay.trade.query', { biz_content: '{}' });
        return { ...signed(rest), sign_type: type };
      },
    ],
    [
      'url-encoded text signed',
      () => {
        const fields = signedQuery();
        const encoded = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, encodeURIComponent(v)]));
        delete encoded['sign'];
        return { ...fields, sign: signed(encoded)['sign'] ?? '' };
      },
    ],
    ['something behind the signature', () => ({ ...signedQuery(), sign: `${signedQuery()['sign']}AAAA` })],
    [
      'line breaks in the signature',
      () => ({ ...signedQuery(), sign: (signedQuery()['sign'] ?? '').replaceAll(/.{76}/g, '$&\n') }),
    ],
    [
      'blanks for plus signs',
      () => ({ ...signedQuery(), sign: (signedQuery()['sign'] ?? '').replaceAll(/[+/]/g, ' ') }),
    ],
  ])('isv.invalid-signature for %s', async (_what, fields) => {
    const answer = readAnswer(await (await gateway.fetch(post(fields()))).text());
    expect(answer.unsigned).toMatchObject({ code: '40002', sub_code: 'isv.invalid-signature' });
  });

  test('the same call with its own signature passes, and without any it does not', async () => {
    expect(readAnswer(await (await gateway.fetch(post(signedQuery()))).text()).signed).toBeDefined();
    const { sign: _sign, ...bare } = signedQuery();
    expect(readAnswer(await (await gateway.fetch(post(bare))).text()).unsigned).toMatchObject({
      code: '40001',
      sub_code: 'isv.missing-signature',
    });
  });

  const form = 'application/x-www-form-urlencoded';
  test.each<[string, () => Request]>([
    ['GET', () => new Request(`https://alipay.example/gateway.do?${new URLSearchParams(signedQuery()).toString()}`)],
    [
      'JSON',
      () =>
        new Request('https://alipay.example/gateway.do', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(signedQuery()),
        }),
    ],
    [
      'another charset',
      () =>
        new Request('https://alipay.example/gateway.do', {
          method: 'POST',
          headers: { 'content-type': `${form};charset=gbk` },
          body: new URLSearchParams(signedQuery()).toString(),
        }),
    ],
    [
      'biz_content in the address',
      () =>
        new Request(`https://alipay.example/gateway.do?${new URLSearchParams(signedQuery()).toString()}`, {
          method: 'POST',
          headers: { 'content-type': form },
          body: '',
        }),
    ],
    [
      'a parameter twice',
      () =>
        new Request('https://alipay.example/gateway.do?charset=utf-8', {
          method: 'POST',
          headers: { 'content-type': form },
          body: new URLSearchParams(signedQuery()).toString(),
        }),
    ],
  ])('%s is refused', async (_what, request) => {
    const response = await gateway.fetch(request());
    expect(response.status).toBe(200);
    expect(readAnswer(await response.text()).unsigned).toMatchObject({ sub_code: 'isv.invalid-parameter' });
  });

  test('everything in the body is as good as the address', async () => {
    const request = new Request('https://alipay.example/gateway.do', {
      method: 'POST',
      headers: { 'content-type': form },
      body: new URLSearchParams(signedQuery()).toString(),
    });
    expect(readAnswer(await (await gateway.fetch(request)).text()).signed).toBeDefined();
  });

  test.each<[string, object]>([
    ['alipay.trade.query', {}],
    ['alipay.trade.query', { out_trade_no: 'a-1' }],
    ['alipay.trade.query', { out_trade_no: 'a'.repeat(65) }],
    ['alipay.trade.query', { out_trade_no: 1 }],
    ['alipay.trade.query', { out_trade_no: 'a1', outTradeNo: 'a1' }],
    ['alipay.trade.close', { out_trade_no: 'a1', reason: 'none' }],
    ['alipay.trade.refund', { out_trade_no: 'a1', refund_amount: '0.00', out_request_no: 'r1' }],
    ['alipay.trade.refund', { out_trade_no: 'a1', refund_amount: '1.001', out_request_no: 'r1' }],
    ['alipay.trade.refund', { out_trade_no: 'a1', refund_amount: 1, out_request_no: 'r1' }],
    ['alipay.trade.refund', { out_trade_no: 'a1', out_request_no: 'r1' }],
    ['alipay.trade.fastpay.refund.query', { out_trade_no: 'a1' }],
  ])('%s does not take %j', async (method, content) => {
    expect(await ask(method, content)).toMatchObject({ code: '40004', sub_code: 'ACQ.INVALID_PARAMETER' });
  });

  test('a parameter error names the field', async () => {
    expect((await ask('alipay.trade.close', { out_trade_no: 'a1', remark: 'x' }))['sub_msg']).toContain('remark');
  });
});

describe('an order string', () => {
  test.each<[string, object]>([
    ['ACQ.INVALID_PARAMETER', { out_trade_no: '' }],
    ['ACQ.INVALID_PARAMETER', { out_trade_no: '订单1' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: '0' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: '0.00' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: '-1' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: '1.234' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: '1e2' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: '100000000.01' }],
    ['ACQ.INVALID_PARAMETER', { total_amount: 196 }],
    ['ACQ.INVALID_PARAMETER', { subject: '' }],
    ['ACQ.INVALID_PARAMETER', { subject: 'a/b' }],
    ['ACQ.INVALID_PARAMETER', { subject: 'a=b' }],
    ['ACQ.INVALID_PARAMETER', { subject: 'a&b' }],
    ['ACQ.INVALID_PARAMETER', { subject: '长'.repeat(257) }],
    ['ACQ.INVALID_PARAMETER', { product_code: 'FAST_INSTANT_TRADE_PAY' }],
    ['ACQ.INVALID_PARAMETER', { time_expire: undefined }],
    ['ACQ.INVALID_PARAMETER', { time_expire: '2026-09-01 25:00:00' }],
    ['ACQ.INVALID_PARAMETER', { time_expire: beijing(START_MS + 59_000) }],
    ['ACQ.INVALID_PARAMETER', { passback: 'x' }],
  ])('%s for %j', (subCode, content) => {
    expect(gateway.openCashier(orderString(content))).toMatchObject({ ok: false, subCode });
  });

  test.each<[string, Fields]>([
    ['isv.invalid-method', { method: 'alipay.trade.wap.pay' }],
    ['isv.invalid-app-id', { app_id: '2021000000000000' }],
    ['isv.invalid-timestamp', { timestamp: beijing(START_MS + 11 * MINUTE_MS) }],
    ['isv.invalid-parameter', { notify_url: '' }],
    ['isv.invalid-parameter', { notify_url: 'orders.example/callback' }],
  ])('%s for %j', (subCode, changes) => {
    expect(gateway.openCashier(orderString({}, changes))).toMatchObject({ ok: false, subCode });
  });

  test('is signed by the merchant and by nobody else', () => {
    expect(gateway.openCashier(orderString({}, {}, strangerKey))).toMatchObject({ subCode: 'isv.invalid-signature' });
    const cheaper = orderString().replace('196.00', '0.01');
    expect(gateway.pay(cheaper)).toMatchObject({ ok: false, subCode: 'isv.invalid-signature' });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test('may run one minute, be encoded with %20, and hold all that a subject may hold', () => {
    const subject = `a}","sign":"x" +%2B ${'长'.repeat(200)}`;
    const text = orderString({ subject, time_expire: beijing(START_MS + MINUTE_MS) }).replaceAll('+', '%20');
    expect(gateway.openCashier(text)).toMatchObject({ ok: true, terms: { subject, amountFen: 19600 } });
  });

  test('can be looked at without leaving a trace, and lives as long as its time_expire', async () => {
    const text = orderString({ time_expire: beijing(START_MS + 30 * MINUTE_MS) });
    expect(gateway.openCashier(text)).toMatchObject({ ok: true, trade: null, standing: 'payable' });
    expect(await ask('alipay.trade.query')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(await ask('alipay.trade.close')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    nowMs += 30 * MINUTE_MS - 1;
    expect(gateway.pay(text)).toMatchObject({ ok: true });
  });
});

describe('a page payment', () => {
  /** The address and the form of a post, as the official SDK splits them. */
  function split({ biz_content: bizContent = '', ...query }: Fields): [query: Fields, body: Fields] {
    return [query, { biz_content: bizContent }];
  }

  test('shows the cashier to a browser that comes by link or by form, and leaves no trace', async () => {
    const fields = pageFields({ subject: '<b>甲 "+%2B' });
    const [query, body] = split(fields);
    for (const { status, page } of [await browse(linkOf(fields)), await browse(linkOf(query), body)]) {
      expect(status).toBe(200);
      for (const shown of ['&lt;b&gt;甲', '196.00', SLIP.out_trade_no, '立即付款']) expect(page).toContain(shown);
    }
    expect(await ask('alipay.trade.query')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(gateway.ledger.entries()).toEqual([]);
  });

  test('may have everything but the charset in its form', async () => {
    const { charset = '', ...body } = pageFields();
    expect((await browse(linkOf({ charset }), body)).status).toBe(200);
    expect(gateway.openCashier(formOf({ charset }, body))).toMatchObject({ ok: true });
    const whole = { ...body, charset };
    expect(await browse(GATEWAY, whole)).toMatchObject({ status: 400 });
    expect((await browse(GATEWAY, whole)).page).toContain('isv.missing-charset');
    expect(gateway.pay(formOf({}, whole))).toMatchObject({ ok: false, subCode: 'isv.missing-charset' });
  });

  test.each<[string, object]>([
    ['out_trade_no', { out_trade_no: '' }],
    ['out_trade_no', { out_trade_no: '订单1' }],
    ['total_amount', { total_amount: '0.00' }],
    ['total_amount', { total_amount: '1.234' }],
    ['total_amount', { total_amount: 196 }],
    ['subject', { subject: '' }],
    ['subject', { subject: 'a=b' }],
    ['subject', { subject: '长'.repeat(257) }],
    ['product_code', { product_code: 'QUICK_MSECURITY_PAY' }],
    ['product_code', { product_code: undefined }],
    ['time_expire', { time_expire: undefined }],
    ['time_expire', { time_expire: beijing(START_MS + 59_000) }],
    ['qr_pay_mode', { qr_pay_mode: '2' }],
  ])('is refused for a wrong %s: %j', async (field, content) => {
    const fields = pageFields(content);
    const opened = gateway.openCashier(linkOf(fields));
    expect(opened).toMatchObject({ subCode: 'ACQ.INVALID_PARAMETER', message: expect.stringContaining(field) });
    const { status, page } = await browse(linkOf(fields));
    expect(status).toBe(400);
    expect(page).toContain('ACQ.INVALID_PARAMETER');
  });

  test.each<[string, Fields]>([
    ['isv.invalid-app-id', { app_id: '2021000000000000' }],
    ['isv.invalid-charset', { charset: 'gbk' }],
    ['isv.invalid-timestamp', { timestamp: beijing(START_MS + 11 * MINUTE_MS) }],
    ['isv.invalid-parameter', { notify_url: '' }],
    ['isv.invalid-parameter', { notify_url: 'orders.example/callback' }],
  ])('%s for %j', async (subCode, changes) => {
    const fields = pageFields({}, changes);
    for (const { status, page } of [
      await browse(linkOf(fields)),
      await browse(linkOf(split(fields)[0]), split(fields)[1]),
    ]) {
      expect(status).toBe(400);
      expect(page).toContain(subCode);
    }
  });

  test.each<[string, (fields: Fields) => Fields]>([
    ['an amount', (fields) => ({ ...fields, biz_content: (fields['biz_content'] ?? '').replace('196.00', '0.01') })],
    ['an address to tell', (fields) => ({ ...fields, notify_url: 'https://elsewhere.example/' })],
    ['a parameter more', (fields) => ({ ...fields, return_url: 'https://elsewhere.example/' })],
    ['another key', () => pageFields({}, {}, strangerKey)],
  ])('is signed by the merchant and by nobody else: %s', async (_what, forge) => {
    const forged = forge(pageFields());
    const [query, body] = split(forged);
    expect((await browse(linkOf(forged))).page).toContain('isv.invalid-signature');
    expect((await browse(linkOf(query), body)).page).toContain('isv.invalid-signature');
    for (const ticket of [linkOf(forged), formOf(query, body), new URLSearchParams(forged).toString()])
      expect(gateway.pay(ticket)).toMatchObject({ ok: false, subCode: 'isv.invalid-signature' });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test('is paid by its link, by its form as HTML, by their parameters, and once', async () => {
    const tickets = ['link', 'form', 'query'].map((name) => {
      const fields = pageFields({ out_trade_no: name, subject: `<"${name}"> +%2B &quot;`.replaceAll('&', '') });
      const query = new URLSearchParams(fields).toString();
      return { link: linkOf(fields), form: formOf(...split(fields)), query }[name] ?? '';
    });
    for (const ticket of tickets) {
      expect(gateway.openWithoutPaying(ticket)).toMatchObject({ ok: true });
      expect(gateway.pay(ticket)).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
      expect(gateway.pay(ticket)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_SUCCESS' });
    }
    expect(gateway.takeNotifications()).toMatchObject([
      { outTradeNo: 'link', url: NOTIFY_URL },
      { outTradeNo: 'form', url: NOTIFY_URL },
      { outTradeNo: 'query', url: NOTIFY_URL },
    ]);
  });

  test('is refused from the deadline on, and an old signature is good until then', () => {
    const link = linkOf(pageFields({ time_expire: beijing(START_MS + 30 * MINUTE_MS) }));
    nowMs += 30 * MINUTE_MS - 1;
    expect(gateway.openCashier(link)).toMatchObject({ ok: true, standing: 'payable' });
    nowMs += 1;
    expect(gateway.pay(link)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(gateway.pay(link, { late: true })).toMatchObject({ ok: true });
  });

  test('stands for one thing, and cannot be had for the price of an app payment of the same number', () => {
    gateway.openWithoutPaying(orderString({ total_amount: '1.00' }));
    expect(gateway.pay(linkOf(pageFields()))).toMatchObject({ ok: false, subCode: 'ACQ.CONTEXT_INCONSISTENT' });
  });

  test('is no app payment: an order string makes neither a link nor a form', async () => {
    const fields = Object.fromEntries(new URLSearchParams(orderString()));
    expect(gateway.pay(linkOf(fields))).toMatchObject({ ok: false });
    expect(gateway.pay(formOf(...split(fields)))).toMatchObject({ ok: false });
    const response = await gateway.fetch(new Request(linkOf(fields)));
    expect(readAnswer(await response.text()).unsigned).toMatchObject({ sub_code: 'isv.invalid-parameter' });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test.each<[string, RequestInit]>([
    ['has it all in the address', { body: new URLSearchParams() }],
    ['is JSON', { headers: { 'content-type': 'application/json' }, body: '{}' }],
    [
      'is in another charset',
      { headers: { 'content-type': 'application/x-www-form-urlencoded;charset=gbk' }, body: '' },
    ],
  ])('is not what a post brings that %s', async (_name, init) => {
    const response = await gateway.fetch(new Request(linkOf(pageFields()), { method: 'POST', ...init }));
    expect(readAnswer(await response.text()).unsigned).toMatchObject({ sub_code: 'isv.invalid-parameter' });
  });

  test.each<[string, (form: string) => string]>([
    ['comes by GET', (form) => form.replace('method="post"', 'method="get"')],
    ['goes elsewhere', (form) => form.replace('/gateway.do', '/gateway')],
    ['is one of two', (form) => `${form}<form action="x" method="post"></form>`],
    ['says a thing twice', (form) => form.replace('</form>', '<input name="biz_content" value="{}"></form>')],
  ])('is not what a form %s', (_name, change) => {
    const form = formOf(...split(pageFields()));
    expect(gateway.openCashier(form)).toMatchObject({ ok: true });
    expect(gateway.pay(change(form))).toMatchObject({ ok: false });
    expect(gateway.ledger.trades()).toEqual([]);
  });

  test('meets no fault, since those are the merchant’s', async () => {
    gateway.faults.plan({ when: 'before', kind: '500' });
    expect((await browse(linkOf(pageFields()))).status).toBe(200);
    expect(gateway.faults.ahead().planned).toHaveLength(1);
  });
});

describe('a code', () => {
  test('is given for an order that can be paid by whoever scans, and no trade is there before', async () => {
    const codeUrl = await newCode();
    expect(codeUrl).toMatch(/^https:\/\/qr\.alipay\.com\/bax\d{21}$/);
    expect(gateway.openCashier(codeUrl)).toMatchObject({
      ok: true,
      terms: { amountFen: 19600, subject: SLIP.subject, payableUntilMs: START_MS + 30 * MINUTE_MS },
      trade: null,
      standing: 'payable',
    });
    expect(await ask('alipay.trade.query')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(await ask('alipay.trade.close')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST' });
    expect(gateway.ledger.entries()).toEqual([]);
    nowMs += 5000;
    expect(gateway.scan(codeUrl)).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
    expect(await ask('alipay.trade.query')).toMatchObject({
      total_amount: '196.00',
      trade_status: 'TRADE_SUCCESS',
      send_pay_date: '2026-09-01 12:00:05',
    });
    expect(gateway.takeNotifications()).toMatchObject([{ outTradeNo: SLIP.out_trade_no, url: NOTIFY_URL }]);
    expect(gateway.scan(codeUrl)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_SUCCESS' });
    expect(gateway.ledger.entries().map(({ event }) => event.type)).toEqual(['opened', 'captured']);
  });

  test('answers with our number, signed, and with nothing that only a trade has', async () => {
    expect(await precreate()).toEqual({
      code: '10000',
      msg: 'Success',
      out_trade_no: SLIP.out_trade_no,
      qr_code: expect.any(String),
    });
  });

  test.each<[string, object]>([
    ['out_trade_no', { out_trade_no: undefined }],
    ['out_trade_no', { out_trade_no: 'a-1' }],
    ['total_amount', { total_amount: '0.00' }],
    ['total_amount', { total_amount: 196 }],
    ['subject', { subject: 'a/b' }],
    ['subject', { subject: '长'.repeat(257) }],
    ['product_code', { product_code: 'QUICK_MSECURITY_PAY' }],
    ['product_code', { product_code: undefined }],
    ['time_expire', { time_expire: undefined }],
    ['time_expire', { time_expire: '2026-09-01T12:30:00' }],
    ['time_expire', { time_expire: beijing(START_MS + 59_000) }],
    ['time_expire', { time_expire: beijing(START_MS + 15 * 1440 * MINUTE_MS + 1000) }],
    ['timeout_express', { timeout_express: '30m' }],
  ])('is not given for a wrong %s: %j', async (field, content) => {
    const answer = await precreate(content);
    expect(answer).toMatchObject({ code: '40004', sub_code: 'ACQ.INVALID_PARAMETER' });
    expect(answer['sub_msg']).toContain(field);
    expect(answer).not.toHaveProperty('qr_code');
  });

  test.each<[string, Fields]>([
    ['isv.invalid-parameter', { notify_url: '' }],
    ['isv.invalid-parameter', { notify_url: 'orders.example/callback' }],
    ['isv.invalid-parameter', { notify_url: `https://orders.example/${'x'.repeat(256)}` }],
    ['isv.invalid-timestamp', { timestamp: beijing(START_MS - 11 * MINUTE_MS) }],
    ['isv.invalid-app-id', { app_id: '2021000000000000' }],
  ])('%s for %j', async (subCode, changes) => {
    const answer = readAnswer(await (await gateway.fetch(post(codeCall({}, changes)))).text());
    expect(answer.unsigned).toMatchObject({ code: '40002', sub_code: subCode });
  });

  test('is only given to who signs for it', async () => {
    const fields = { ...codeCall(), notify_url: 'https://elsewhere.example/' };
    expect(readAnswer(await (await gateway.fetch(post(fields))).text()).unsigned).toMatchObject({
      sub_code: 'isv.invalid-signature',
    });
  });

  test('is given again for the same order, and whichever is scanned, it is paid once', async () => {
    const first = await newCode();
    nowMs += 29.5 * MINUTE_MS;
    const second = await newCode();
    expect(second).not.toBe(first);
    expect(gateway.openWithoutPaying(second)).toMatchObject({ ok: true });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'WAIT_BUYER_PAY' });
    const third = await newCode();
    expect(gateway.scan(first)).toMatchObject({ ok: true });
    for (const codeUrl of [second, third])
      expect(gateway.scan(codeUrl)).toMatchObject({ subCode: 'ACQ.TRADE_HAS_SUCCESS' });
    expect(gateway.takeNotifications()).toHaveLength(1);
  });

  test.each([{ total_amount: '195.99' }, { subject: '另一件' }, { time_expire: beijing(START_MS + 31 * MINUTE_MS) }])(
    'is not given for a number that stands for something else: %j',
    async (content) => {
      const codeUrl = await newCode();
      const inconsistent = { code: '40004', sub_code: 'ACQ.CONTEXT_INCONSISTENT' };
      expect(await precreate(content)).toMatchObject(inconsistent);
      gateway.openWithoutPaying(codeUrl);
      expect(await precreate(content)).toMatchObject(inconsistent);
      expect(gateway.scan(codeUrl)).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
    },
  );

  test('cannot be paid when its number was paid otherwise in the meantime', async () => {
    const codeUrl = await newCode();
    gateway.pay(orderString({ total_amount: '1.00' }));
    expect(gateway.scan(codeUrl)).toMatchObject({ ok: false, subCode: 'ACQ.CONTEXT_INCONSISTENT' });
    expect(gateway.ledger.capturedFen(SLIP.out_trade_no)).toBe(100);
    expect(await precreate()).toMatchObject({ sub_code: 'ACQ.CONTEXT_INCONSISTENT' });
  });

  test('is not given for what is paid or closed', async () => {
    gateway.scan(await newCode());
    expect(await precreate()).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_HAS_SUCCESS' });
    const failed = await newCode({ out_trade_no: 'failed_1' });
    expect(gateway.fail(failed)).toMatchObject({ ok: true, trade: { closedBy: 'payer' } });
    expect(await precreate({ out_trade_no: 'failed_1' })).toMatchObject({ sub_code: 'ACQ.TRADE_HAS_CLOSE' });
    const closed = await newCode({ out_trade_no: 'closed_1' });
    gateway.openWithoutPaying(closed);
    expect(await ask('alipay.trade.close', { out_trade_no: 'closed_1' })).toMatchObject({ code: '10000' });
    expect(await precreate({ out_trade_no: 'closed_1' })).toMatchObject({ sub_code: 'ACQ.TRADE_HAS_CLOSE' });
    expect(gateway.scan(closed)).toMatchObject({ subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(gateway.scan(closed, { late: true })).toMatchObject({ subCode: 'ACQ.TRADE_HAS_CLOSE' });
  });

  test.each([true, false])('is dead from the deadline on, unless it was under way (scanned: %s)', async (scanned) => {
    const codeUrl = await newCode();
    if (scanned) gateway.openWithoutPaying(codeUrl);
    nowMs += 30 * MINUTE_MS;
    expect(gateway.openCashier(codeUrl)).toMatchObject({ ok: true, standing: 'expired' });
    expect(gateway.scan(codeUrl)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(await precreate()).toMatchObject({
      code: '40004',
      sub_code: scanned ? 'ACQ.TRADE_HAS_CLOSE' : 'ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR',
    });
    expect(gateway.scan(codeUrl, { late: true })).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
  });

  test('lasts two hours, also where the payment lasts longer: then there is another code', async () => {
    const time_expire = beijing(START_MS + 180 * MINUTE_MS);
    const first = await newCode({ time_expire });
    nowMs += 120 * MINUTE_MS - 1;
    expect(gateway.openCashier(first)).toMatchObject({
      standing: 'payable',
      payableUntilMs: START_MS + 120 * MINUTE_MS,
      terms: { payableUntilMs: START_MS + 180 * MINUTE_MS },
    });
    nowMs += 1;
    expect(gateway.scan(first)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(gateway.scan(await newCode({ time_expire }))).toMatchObject({ ok: true });
  });

  test('is given twenty times for one number', async () => {
    for (let nth = 0; nth < 20; nth += 1) await newCode();
    expect(await precreate()).toMatchObject({ code: '40004', sub_code: 'ACQ.APPLY_PC_MERCHANT_CODE_ERROR' });
    await newCode({ out_trade_no: 'other_1' });
  });

  test('is what a camera reads, and nothing else is', async () => {
    await newCode();
    for (const text of ['https://qr.alipay.com/bax000000000000000000000', 'https://qr.alipay.com/', SLIP.out_trade_no])
      expect(gateway.scan(text)).toMatchObject({ ok: false, subCode: 'ACQ.INVALID_PARAMETER' });
    expect(gateway.scan(orderString())).toMatchObject({ ok: false, subCode: 'ACQ.INVALID_PARAMETER' });
    expect(gateway.ledger.entries()).toEqual([]);
  });

  test('opens the cashier by itself or as code_url, alone', async () => {
    const codeUrl = await newCode();
    const query = new URLSearchParams({ code_url: codeUrl }).toString();
    for (const ticket of [codeUrl, query]) expect(gateway.openCashier(ticket)).toMatchObject({ ok: true, codeUrl });
    expect(gateway.openCashier(`${query}&amount=1`)).toMatchObject({ ok: false, subCode: 'isv.missing-method' });
  });

  test.each(['before', 'after'] as const)('may get lost %s it was given, and can be asked for again', async (when) => {
    for (const kind of ['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const) {
      gateway.faults.plan({ method: PRECREATE, when, kind });
      const outcome = await gateway.fetch(post(codeCall())).catch((error: unknown) => error);
      const text = outcome instanceof Response ? await outcome.text() : '';
      expect(text.includes('qr_code')).toBe(kind === 'unsigned');
    }
    expect(gateway.faults.ahead().planned).toEqual([]);
    expect(gateway.ledger.entries()).toEqual([]);
    // Only those that were given count.
    for (let nth = when === 'after' ? 5 : 0; nth < 20; nth += 1) await newCode();
    expect(await precreate()).toMatchObject({ sub_code: 'ACQ.APPLY_PC_MERCHANT_CODE_ERROR' });
  });

  test.each(['before', 'after'] as const)('that nobody vouches for, %s it was given', async (when) => {
    gateway.faults.plan({ method: PRECREATE, when, kind: 'unsigned' });
    const claimed = readAnswer(await (await gateway.fetch(post(codeCall()))).text()).unsigned;
    expect(claimed).toMatchObject({ code: '10000', out_trade_no: SLIP.out_trade_no });
    expect(gateway.scan(claimed?.['qr_code'] ?? '')).toMatchObject({ ok: when === 'after' });
  });
});

describe('a payment', () => {
  test('is one capture, one transaction id, one notification', async () => {
    const text = orderString();
    nowMs += 5000;
    const paid = gateway.pay(text);
    expect(paid).toMatchObject({ ok: true, trade: { capturedFen: 19600, refundedFen: 0 } });
    expect(await ask('alipay.trade.query')).toMatchObject({
      code: '10000',
      out_trade_no: SLIP.out_trade_no,
      total_amount: '196.00',
      trade_status: 'TRADE_SUCCESS',
      send_pay_date: '2026-09-01 12:00:05',
      trade_no: paid.ok ? paid.trade.transactionId : '',
    });
    expect(gateway.pay(text)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_SUCCESS' });
    expect(gateway.fail(text)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_SUCCESS' });
    expect(await ask('alipay.trade.close')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_STATUS_ERROR' });
    expect(gateway.takeNotifications()).toHaveLength(1);
    expect(gateway.ledger.entries().map(({ event }) => event.type)).toEqual(['opened', 'captured']);
  });

  test('Alipay’s own number finds it too, and wins', async () => {
    const paid = gateway.pay(orderString());
    const tradeNo = paid.ok ? paid.trade.transactionId : '';
    const answer = await ask('alipay.trade.query', { trade_no: tradeNo, out_trade_no: 'another_one' });
    expect(answer['out_trade_no']).toBe(SLIP.out_trade_no);
  });

  test.each([{ total_amount: '195.99' }, { subject: '另一件' }, { time_expire: beijing(START_MS + 3 * MINUTE_MS) }])(
    'under a number that stands for something else is refused: %j',
    (content) => {
      gateway.openWithoutPaying(orderString());
      expect(gateway.pay(orderString(content))).toMatchObject({ ok: false, subCode: 'ACQ.CONTEXT_INCONSISTENT' });
      expect(gateway.ledger.capturedFen(SLIP.out_trade_no)).toBe(0);
    },
  );

  test('an opened trade waits, and can be closed or paid', async () => {
    const text = orderString();
    expect(gateway.openWithoutPaying(text)).toMatchObject({ ok: true });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'WAIT_BUYER_PAY', receipt_amount: '0.00' });
    expect(await ask('alipay.trade.close')).toMatchObject({ code: '10000', out_trade_no: SLIP.out_trade_no });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_CLOSED' });
    expect(await ask('alipay.trade.close')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_STATUS_ERROR' });
    expect(gateway.pay(text)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(gateway.pay(text, { late: true })).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    const other = orderString({ out_trade_no: 'other_1' });
    gateway.openWithoutPaying(other);
    expect(gateway.pay('other_1')).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
    expect(gateway.pay('never_1')).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_NOT_EXIST' });
  });

  test.each([true, false])('is refused from the deadline on, unless it was under way (opened: %s)', async (opened) => {
    const text = orderString();
    if (opened) gateway.openWithoutPaying(text);
    nowMs += 2 * MINUTE_MS;
    expect(gateway.openCashier(text)).toMatchObject({ ok: true, standing: 'expired' });
    expect(gateway.pay(text)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(await ask('alipay.trade.query')).toMatchObject(
      opened ? { trade_status: 'TRADE_CLOSED' } : { sub_code: 'ACQ.TRADE_NOT_EXIST' },
    );
    expect(gateway.takeNotifications()).toEqual([]);
    expect(gateway.pay(text, { late: true })).toMatchObject({ ok: true, trade: { capturedFen: 19600 } });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_SUCCESS' });
    expect(gateway.takeNotifications()).toHaveLength(1);
  });

  test('that fails leaves a closed trade and no notification', async () => {
    expect(gateway.fail(orderString())).toMatchObject({ ok: true, trade: { closedBy: 'payer' } });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_CLOSED' });
    expect(gateway.takeNotifications()).toEqual([]);
  });
});

describe('a refund', () => {
  beforeEach(() => {
    gateway.pay(orderString());
  });
  test('is done once for each number, and counts up', async () => {
    expect(await askRefund('96.00', 'r1')).toMatchObject({ code: '10000', fund_change: 'Y', refund_fee: '96.00' });
    expect(await askRefund('96.00', 'r1')).toMatchObject({ code: '10000', fund_change: 'N', refund_fee: '96.00' });
    expect(await askRefund('95.00', 'r1')).toMatchObject({ code: '40004', sub_code: 'ACQ.DISCORDANT_REPEAT_REQUEST' });
    expect(await askRefund('0.01', 'r2')).toMatchObject({ fund_change: 'Y', refund_fee: '96.01' });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_SUCCESS' });
    expect(await askRefund('100.00', 'r3')).toMatchObject({
      code: '40004',
      sub_code: 'ACQ.REASON_TRADE_REFUND_FEE_ERR',
    });
    expect(await askRefund('99.99', 'r4')).toMatchObject({ fund_change: 'Y', refund_fee: '196.00' });
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_CLOSED' });
    expect(await askRefund('0.01', 'r5')).toMatchObject({ sub_code: 'ACQ.REASON_TRADE_REFUND_FEE_ERR' });
    expect(await askRefund('99.99', 'r4')).toMatchObject({ fund_change: 'N', refund_fee: '196.00' });
    expect(gateway.ledger.refundedFen(SLIP.out_trade_no)).toBe(19600);
    expect(gateway.ledger.trade(SLIP.out_trade_no)?.refunds.map(({ refundNo }) => refundNo)).toEqual([
      'r1',
      'r2',
      'r4',
    ]);
  });

  test('without a number can only be the whole', async () => {
    const partial = { out_trade_no: SLIP.out_trade_no, refund_amount: '1.00' };
    expect(await ask('alipay.trade.refund', partial)).toMatchObject({ sub_code: 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL' });
    const whole = { ...partial, refund_amount: '196' };
    expect(await ask('alipay.trade.refund', whole)).toMatchObject({ fund_change: 'Y', refund_fee: '196.00' });
    expect(
      await ask('alipay.trade.fastpay.refund.query', {
        out_trade_no: SLIP.out_trade_no,
        out_request_no: SLIP.out_trade_no,
      }),
    ).toMatchObject({ refund_status: 'REFUND_SUCCESS', refund_amount: '196.00' });
  });

  test('can be asked about; only a known number has a refund_status', async () => {
    const query = (number: string): Promise<Fields> =>
      ask('alipay.trade.fastpay.refund.query', { out_trade_no: SLIP.out_trade_no, out_request_no: number });
    await askRefund('1.00', 'r1');
    expect(await query('r1')).toMatchObject({ code: '10000', refund_status: 'REFUND_SUCCESS', refund_amount: '1.00' });
    expect(await query('r2')).toEqual({ code: '10000', msg: 'Success' });
    expect(
      await ask('alipay.trade.fastpay.refund.query', { out_trade_no: 'never_1', out_request_no: 'r1' }),
    ).toMatchObject({ sub_code: 'ACQ.TRADE_NOT_EXIST' });
  });

  test('is too late after twelve months, and the trade is finished', async () => {
    nowMs += 364 * 1440 * MINUTE_MS;
    expect(await askRefund('1.00', 'r1')).toMatchObject({ fund_change: 'Y' });
    nowMs += 2 * 1440 * MINUTE_MS;
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_FINISHED' });
    expect(await askRefund('1.00', 'r2')).toMatchObject({ code: '40004', sub_code: 'ACQ.TRADE_HAS_FINISHED' });
    expect(await askRefund('1.00', 'r1')).toMatchObject({ fund_change: 'N' });
  });

  test('needs money that was taken', async () => {
    gateway.openWithoutPaying(orderString({ out_trade_no: 'open_1' }));
    gateway.fail(orderString({ out_trade_no: 'failed_1' }));
    expect(await refundUnder('never_1')).toMatchObject({ sub_code: 'ACQ.TRADE_NOT_EXIST', refund_fee: '0.00' });
    expect(await refundUnder('open_1')).toMatchObject({ sub_code: 'ACQ.TRADE_STATUS_ERROR' });
    expect(await refundUnder('failed_1')).toMatchObject({ sub_code: 'ACQ.TRADE_HAS_CLOSE' });
  });
});

describe('the ledger', () => {
  test('refuses what no provider could write', () => {
    const { ledger } = gateway;
    const capture = { type: 'captured', amountFen: 19600 } as const;
    expect(() => ledger.append('a1', capture, nowMs)).toThrow('before it was opened');
    gateway.pay(orderString());
    expect(() => ledger.append(SLIP.out_trade_no, capture, nowMs)).toThrow('captured twice');
    const tooMuch = { type: 'refunded', refundNo: 'r1', amountFen: 19601 } as const;
    expect(() => ledger.append(SLIP.out_trade_no, tooMuch, nowMs)).toThrow('refunded more than was captured');
    expect(ledger.entries()).toHaveLength(2);
  });

  test('keeps the order of all trades, whatever their numbers', () => {
    for (const number of ['c', 'a', 'b']) gateway.pay(orderString({ out_trade_no: number }));
    expect(gateway.ledger.trades().map(({ outTradeNo }) => outTradeNo)).toEqual(['c', 'a', 'b']);
    expect(gateway.ledger.entries().map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(gateway.takeNotifications().map(({ outTradeNo }) => outTradeNo)).toEqual(['c', 'a', 'b']);
    expect(gateway.takeNotifications()).toEqual([]);
  });
});

describe('a notification', () => {
  test('carries what the payment was, and Alipay’s signature over all of it', () => {
    const subject = '甲 +%2B "}';
    gateway.pay(orderString({ subject }));
    const [notification] = gateway.takeNotifications();
    expect(notification?.url).toBe('https://orders.example/callback/alipay');
    const {
      sign: signature = '',
      sign_type: signType,
      ...fields
    } = Object.fromEntries(new URLSearchParams(notification?.body));
    expect(fields).toMatchObject({
      app_id: env.ALIPAY_APP_ID,
      auth_app_id: env.ALIPAY_APP_ID,
      body: '',
      charset: 'utf-8',
      gmt_payment: '2026-09-01 12:00:00',
      notify_id: notification?.notificationId,
      notify_type: 'trade_status_sync',
      out_trade_no: SLIP.out_trade_no,
      seller_id: env.ALIPAY_SELLER_ID,
      subject,
      total_amount: '196.00',
      trade_status: 'TRADE_SUCCESS',
      version: '1.0',
    });
    expect(signType).toBe('RSA2');
    const text = joined(fields);
    const given = Buffer.from(signature, 'base64');
    expect(verify('RSA-SHA256', Buffer.from(text), alipayPublicKey, given)).toBe(true);
    expect(verify('RSA-SHA256', Buffer.from(`${text}0`), alipayPublicKey, given)).toBe(false);
  });

  test('can be made of any fields; neither sign nor sign_type is signed, and an empty value is', () => {
    const form = gateway.signNotification({ app_id: '2021000000000000', sign_type: 'RSA2', body: '' });
    const { sign: signature = '', ...fields } = Object.fromEntries(new URLSearchParams(form));
    expect(fields).toEqual({ app_id: '2021000000000000', sign_type: 'RSA2', body: '' });
    const text = Buffer.from('app_id=2021000000000000&body=');
    expect(verify('RSA-SHA256', text, alipayPublicKey, Buffer.from(signature, 'base64'))).toBe(true);
  });
});

describe('a fault', () => {
  beforeEach(() => {
    gateway.pay(orderString());
  });

  test.each(['before', 'after'] as const)('%s the effect: 500, reset, timeout, malformed', async (when) => {
    const outcomes = new Map<string, unknown>();
    for (const kind of ['500', 'reset', 'timeout', 'malformed'] as const) {
      gateway.faults.plan({ method: 'alipay.trade.refund', when, kind });
      const outcome = await gateway.fetch(refundCall()).catch((error: unknown) => error);
      outcomes.set(kind, outcome instanceof Response ? [outcome.status, await outcome.text()] : outcome);
      expect(refundedFen()).toBe(when === 'before' ? 0 : 100);
    }
    expect(outcomes.get('500')).toEqual([500, 'Internal Server Error']);
    expect(outcomes.get('reset')).toBeInstanceOf(TypeError);
    expect(outcomes.get('timeout')).toMatchObject({ name: 'TimeoutError' });
    const malformed = outcomes.get('malformed');
    expect(malformed).toMatchObject([200, expect.stringContaining('{"alipay_trade_refund_response":{')]);
    expect(() => JSON.parse(Array.isArray(malformed) ? String(malformed[1]) : '{}')).toThrow(SyntaxError);
    expect(await ask('alipay.trade.refund', refundOf('1.00', 'r1'))).toMatchObject({
      fund_change: when === 'before' ? 'Y' : 'N',
      refund_fee: '1.00',
    });
  });

  test('unsigned: a success that nobody vouches for, whether or not it happened', async () => {
    gateway.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'unsigned' });
    gateway.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind: 'unsigned' });
    const first = readAnswer(await (await gateway.fetch(refundCall())).text());
    expect(first.unsigned).toMatchObject({ code: '10000' });
    expect(refundedFen()).toBe(0);
    const second = readAnswer(await (await gateway.fetch(refundCall())).text());
    expect(second.unsigned).toMatchObject({ code: '10000', fund_change: 'Y' });
    expect(refundedFen()).toBe(100);
  });

  test('refused: a signed code of Alipay’s own', async () => {
    const subCode = 'ACQ.SELLER_BALANCE_NOT_ENOUGH';
    gateway.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'refused', subCode });
    expect(await ask('alipay.trade.refund', refundOf('1.00', 'r1'))).toMatchObject({
      code: '40004',
      sub_code: subCode,
    });
    expect(refundedFen()).toBe(0);
  });

  test('strikes its own method only, in order, so many times, until healed', async () => {
    gateway.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: '500', times: 2 });
    gateway.faults.plan({ when: 'before', kind: 'reset' });
    await expect(ask('alipay.trade.query')).rejects.toThrow('Network connection lost.');
    expect(await ask('alipay.trade.query')).toMatchObject({ trade_status: 'TRADE_SUCCESS' });
    expect((await gateway.fetch(refundCall())).status).toBe(500);
    expect((await gateway.fetch(refundCall())).status).toBe(500);
    expect((await gateway.fetch(refundCall())).status).toBe(200);
    gateway.faults.plan({ when: 'before', kind: '500', times: 100 });
    gateway.faults.heal();
    expect(await ask('alipay.trade.query')).toMatchObject({ code: '10000' });
  });

  test('random ones come with their probability and repeat with their seed', () => {
    const first = drawFaults(7);
    expect(drawFaults(7)).toEqual(first);
    expect(drawFaults(8)).not.toEqual(first);
    const struck = first.filter((fault) => fault !== 'none');
    expect(struck.length).toBeGreaterThan(60);
    expect(struck.length).toBeLessThan(120);
    expect(new Set(struck).size).toBe(10);
  });
});

describe('the running sandbox', () => {
  const SECRET = `whsec_${Buffer.from('a secret of thirty-two characters').toString('base64')}`;
  let merchantAnswers: Response[] = [];
  let delivered: Request[] = [];
  let wakeUps: number[] = [];

  function startWorld(): {
    request: (path: string, init?: RequestInit) => Promise<Response>;
    deliverDue: () => Promise<number | null>;
  } {
    const parts: WorldParts = {
      settings: {
        SANDBOX_MERCHANT_APP_ID: env.ALIPAY_APP_ID,
        SANDBOX_MERCHANT_SELLER_ID: env.ALIPAY_SELLER_ID,
        SANDBOX_MERCHANT_PUBLIC_KEY: env.SANDBOX_MERCHANT_PUBLIC_KEY,
        SANDBOX_ALIPAY_PRIVATE_KEY: env.SANDBOX_ALIPAY_PRIVATE_KEY,
        SANDBOX_WEBHOOK_SECRET: SECRET,
      },
      storage: createMemoryStorage(),
      now: () => nowMs,
      fetch: (request) => {
        delivered.push(request);
        return Promise.resolve(merchantAnswers.shift() ?? new Response('success'));
      },
      wakeAt: (atMs) => {
        wakeUps.push(atMs);
        return Promise.resolve();
      },
    };
    const world = createWorld(parts);
    const routes = createRoutes(world);
    return {
      request: async (path, init) => routes.request(path, init),
      deliverDue: () => world.courier.deliverDue(),
    };
  }

  beforeEach(() => {
    merchantAnswers = [];
    delivered = [];
    wakeUps = [];
  });

  test('shows the cashier of an order string, escaped, and says why it will not', async () => {
    const { request } = startWorld();
    const page = await request(`/alipay/cashier?${orderString({ subject: '<b>甲' })}`);
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain('&lt;b&gt;甲');
    expect(text).toContain('196.00');
    expect(text).toContain(SLIP.out_trade_no);
    const refused = await request(`/alipay/cashier?${orderString({}, {}, strangerKey)}`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('isv.invalid-signature');
  });

  test('a page says what came of a button, with the merchant’s own words', async () => {
    const { request } = startWorld();
    const page = async (button: string): Promise<string> => {
      const { path, ...init } = press(button);
      return (await request(path, { ...init, headers: { accept: 'text/html' } })).text();
    };
    merchantAnswers = [new Response('not <now>', { status: 500 })];
    const opened = await page('open-only');
    for (const shown of ['等待付款', '支付宝交易号', '没有发送通知', 'class="blue"']) expect(opened).toContain(shown);
    expect(opened).not.toContain('付款时间');
    const paid = await page('pay');
    const words = [
      '支付结果',
      '支付成功',
      '196.00',
      'TRADE_SUCCESS',
      '付款时间',
      'HTTP 500',
      'not &lt;now&gt;',
      '未接受',
    ];
    for (const shown of [...words, '下一次投递：2026-09-01 12:00:04']) expect(paid).toContain(shown);
    const [, back = ''] = /href="([^"]*)">返回收银台/.exec(paid) ?? [];
    expect((await request(back.replaceAll('&amp;', '&'))).status).toBe(200);
    const refused = await page('pay');
    for (const shown of ['无法继续', '交易已被支付', 'ACQ.TRADE_HAS_SUCCESS', '返回收银台'])
      expect(refused).toContain(shown);
  });

  test('shows a code as a picture that reads as itself, and pays by what was read', async () => {
    const { request } = startWorld();
    const { biz_content: bizContent = '', ...query } = codeCall({ subject: '<b>甲' });
    const answer = await request(`/alipay/gateway.do?${new URLSearchParams(query).toString()}`, {
      method: 'POST',
      body: new URLSearchParams({ biz_content: bizContent }),
    });
    const codeUrl = readAnswer(await answer.text()).signed?.['qr_code'] ?? '';
    const body = new URLSearchParams({ order_string: ` ${codeUrl}\n` });
    const redirect = await request('/alipay/cashier', { method: 'POST', body, redirect: 'manual' });
    expect(redirect.status).toBe(303);
    const page = await (await request(redirect.headers.get('location') ?? '')).text();
    for (const shown of ['使用支付宝扫码支付', '&lt;b&gt;甲', '196.00', '等待扫码', '扫码并付款'])
      expect(page).toContain(shown);
    const scanned = scanCode(page) ?? '';
    expect(scanned).toBe(codeUrl);
    const pay = (accept: string): Promise<Response> =>
      request('/alipay/cashier/pay', {
        method: 'POST',
        headers: { accept },
        body: new URLSearchParams({ order_string: scanned }),
      });
    expect(await (await pay('application/json')).json()).toMatchObject({
      ok: true,
      trade: { status: 'TRADE_SUCCESS', capturedFen: 19600 },
      deliveries: [{ status: 200, accepted: true }],
    });
    const refused = await (await pay('text/html')).text();
    expect(refused).toContain('ACQ.TRADE_HAS_SUCCESS');
    const [, back = ''] = /href="([^"]*)">返回收银台/.exec(refused) ?? [];
    expect(scanCode(await (await request(back.replaceAll('&amp;', '&'))).text())).toBe(codeUrl);
  });

  test.each(['link', 'form'])('shows the cashier of a page payment by its %s, and its buttons work', async (way) => {
    const { request } = startWorld();
    const { biz_content: bizContent = '', ...query } = pageFields({ subject: '"<甲>" +%2B' });
    const body = { biz_content: bizContent };
    const response = await (way === 'link'
      ? request(pathOf({ ...query, ...body }))
      : request(pathOf(query), { method: 'POST', body: new URLSearchParams(body) }));
    const page = await response.text();
    expect(response.status).toBe(200);
    const [, carried = ''] = /name="order_string" value="([^"]*)"/.exec(page) ?? [];
    const [, button = ''] = /formaction="([^"]*)" data-payable/.exec(page) ?? [];
    const paid = await request(button, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({ order_string: carried.replaceAll('&amp;', '&') }),
    });
    expect(await paid.json()).toMatchObject({
      ok: true,
      trade: { status: 'TRADE_SUCCESS', subject: '"<甲>" +%2B' },
      deliveries: [{ status: 200, accepted: true }],
    });
    const refused = await request(pathOf({ ...query, biz_content: bizContent.replace('196.00', '0.01') }));
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('isv.invalid-signature');
  });

  test('a pasted link or form of a page payment is opened, and pays', async () => {
    const { request } = startWorld();
    const { biz_content: bizContent = '', ...query } = pageFields();
    const tickets = [linkOf({ ...query, biz_content: bizContent }), formOf(query, { biz_content: bizContent })];
    for (const [nth, ticket] of tickets.entries()) {
      const body = new URLSearchParams({ order_string: ` ${ticket}\n` });
      const redirect = await request('/alipay/cashier', { method: 'POST', body, redirect: 'manual' });
      expect(redirect.status).toBe(303);
      expect((await request(redirect.headers.get('location') ?? '')).status).toBe(200);
      const paid = await request('/alipay/cashier/pay', { method: 'POST', body });
      expect(paid.status).toBe(nth === 0 ? 200 : 409);
      expect(await paid.text()).toContain(nth === 0 ? '支付成功' : 'ACQ.TRADE_HAS_SUCCESS');
    }
  });

  test('a code that nobody gave opens nothing, and an order string has no picture', async () => {
    const { request } = startWorld();
    const page = await request(
      `/alipay/cashier?${new URLSearchParams({ code_url: 'https://qr.alipay.com/bax1' }).toString()}`,
    );
    expect(page.status).toBe(400);
    const order = await (await request(`/alipay/cashier?${orderString()}`)).text();
    expect(scanCode(order)).toBeNull();
    expect(order).not.toContain('扫码');
  });

  test('a pasted order string is opened unchanged', async () => {
    const { request } = startWorld();
    const text = orderString();
    const body = new URLSearchParams({ order_string: ` ${text}\n` });
    const redirect = await request('/alipay/cashier', { method: 'POST', body, redirect: 'manual' });
    expect(redirect.status).toBe(303);
    expect((await request(redirect.headers.get('location') ?? '')).status).toBe(200);
  });

  test('pays, notifies until the answer is exactly success, and keeps what the merchant said', async () => {
    const { request, deliverDue } = startWorld();
    merchantAnswers = [new Response('"success"'), new Response('success', { status: 201 }), new Response('success')];
    const { path, ...init } = press('pay');
    const result = await request(path, init);
    expect(await result.json()).toMatchObject({
      ok: true,
      trade: { status: 'TRADE_SUCCESS' },
      deliveries: [{ status: 200, answer: '"success"', accepted: false }],
    });
    expect(wakeUps).toEqual([START_MS + 4000]);
    expect(await deliverDue()).toBe(START_MS + 4000);
    expect(delivered).toHaveLength(1);
    nowMs += 4000;
    expect(await deliverDue()).toBe(START_MS + 14_000);
    nowMs += 10_000;
    expect(await deliverDue()).toBeNull();
    expect(delivered).toHaveLength(3);
    const bodies = await Promise.all(delivered.map(async (sent) => new TextDecoder().decode(await sent.arrayBuffer())));
    expect(new Set(bodies).size).toBe(1);
    const ledger = await (await request(`/alipay/ledger/${SLIP.out_trade_no}`)).text();
    expect(ledger.match(/"accepted":false/g)).toHaveLength(2);
    expect(ledger.match(/"accepted":true/g)).toHaveLength(1);
  });

  test('notifies twice, also a trade that is paid already', async () => {
    const { request } = startWorld();
    const { path, ...init } = press('notify-twice');
    expect(await (await request(path, init)).json()).toMatchObject({ deliveries: [{}, {}] });
    expect(await (await request(path, press('notify-twice'))).json()).toMatchObject({ deliveries: [{}, {}] });
    expect(delivered).toHaveLength(4);
  });

  test('loses notifications while delivery is off', async () => {
    const { request, deliverDue } = startWorld();
    const control = (deliver: boolean): Promise<Response> =>
      request('/control/notifications', { method: 'POST', body: JSON.stringify({ deliver }) });
    expect((await control(false)).status).toBe(200);
    const { path, ...init } = press('pay');
    expect(await (await request(path, init)).json()).toMatchObject({
      trade: { status: 'TRADE_SUCCESS' },
      deliveries: [],
    });
    await control(true);
    expect(await deliverDue()).toBeNull();
    expect(delivered).toEqual([]);
  });

  test('faults come in over HTTP, and a reset breaks the body off', async () => {
    const { request } = startWorld();
    const plan = (body: object): Promise<Response> =>
      request('/control/faults', { method: 'POST', body: JSON.stringify(body) });
    expect((await plan({ when: 'never', kind: 'reset' })).status).toBe(400);
    expect((await plan({ when: 'before', kind: 'reset' })).status).toBe(200);
    const query = post(signed(publicFields('alipay.trade.query', { biz_content: '{"out_trade_no":"a1"}' })));
    const { search } = new URL(query.url);
    const answer = await request(`/alipay/gateway.do${search}`, query);
    await expect(answer.text()).rejects.toThrow('Network connection lost.');
    expect((await plan({ random: { seed: 1, probability: 0.5 } })).status).toBe(200);
    expect(await (await plan({ heal: true })).json()).toEqual({ planned: [], random: null });
  });

  test('takes authentic webhooks, counts repeats, and refuses the rest', async () => {
    const { request } = startWorld();
    const send = (id: string, body: string, secret = SECRET, atMs = nowMs): Promise<Response> => {
      const timestamp = String(Math.floor(atMs / 1000));
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${btoa('x'.repeat(32))} v1,${signature}`,
      };
      return request('/webhooks', { method: 'POST', headers, body });
    };
    expect((await send('m1', '{"a":1}')).status).toBe(204);
    expect((await send('m1', '{"a":1}')).status).toBe(204);
    expect((await send('m2', '{}', `whsec_${btoa('another secret of 32 characters!')}`)).status).toBe(401);
    expect((await send('m2', '{}', SECRET, nowMs - 301_000)).status).toBe(401);
    expect((await request('/webhooks', { method: 'POST', body: '{}' })).status).toBe(401);
    await request('/control/webhooks', { method: 'POST', body: '{"failNext":1}' });
    expect((await send('m3', '{}')).status).toBe(500);
    expect((await send('m3', '{}')).status).toBe(204);
    expect(await (await request('/webhooks')).json()).toMatchObject([
      { id: 'm3', arrivals: 1 },
      { id: 'm1', arrivals: 2, body: '{"a":1}' },
    ]);
    for (let index = 0; index < 205; index += 1) await send(`n${index}`, '{}');
    const kept: unknown[] = await (await request('/webhooks')).json();
    expect(kept).toHaveLength(200);
    expect(kept[0]).toMatchObject({ id: 'n204' });
  });
});
