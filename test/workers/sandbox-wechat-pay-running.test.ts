/** WeChat Pay in the running sandbox: its pages, its courier, its switches, and its settings beside Alipay's. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStorage } from '../sandbox/memory-storage.ts';
import { createRoutes } from '../sandbox/routes.ts';
import { scanCode } from '../sandbox/scan-code.ts';
import { readSettings, type WechatPaySettings } from '../sandbox/settings.ts';
import type { SandboxStorage } from '../sandbox/storage.ts';
import { createWorld, type World } from '../sandbox/world.ts';
import {
  API_V3_KEY,
  APP_ID,
  createTestMerchant,
  HOUR_MS,
  MCH_ID,
  merchantKeys,
  MINUTE_MS,
  NEXT_SERIAL,
  nextKeys,
  NOTIFY_URL,
  NUMBER,
  PLATFORM_SERIAL,
  platformKeys,
  refundOf,
  SERIAL_NO,
  START_MS,
  strangerKeys,
  type Params,
  type Product,
  type Received,
} from './wechat-pay-merchant.ts';

let nowMs = START_MS;
const { request, voucher, read, order, jsapiParams, appParams } = createTestMerchant(() => nowMs);

const asQuery = (params: Params): string => new URLSearchParams(params).toString();

describe('the running sandbox', () => {
  const wechatPay: WechatPaySettings = {
    SANDBOX_WECHAT_APP_ID: APP_ID,
    SANDBOX_WECHAT_MCH_ID: MCH_ID,
    SANDBOX_WECHAT_MCH_SERIAL_NO: SERIAL_NO,
    SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY: merchantKeys.publicKeyPem,
    SANDBOX_WECHAT_PLATFORM_SERIAL: PLATFORM_SERIAL,
    SANDBOX_WECHAT_PLATFORM_PRIVATE_KEY: platformKeys.privateKeyPem,
    SANDBOX_WECHAT_API_V3_KEY: API_V3_KEY,
    SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL: NEXT_SERIAL,
    SANDBOX_WECHAT_NEXT_PLATFORM_PRIVATE_KEY: nextKeys.privateKeyPem,
  };
  const alipay = {
    SANDBOX_MERCHANT_APP_ID: env.ALIPAY_APP_ID,
    SANDBOX_MERCHANT_SELLER_ID: env.ALIPAY_SELLER_ID,
    SANDBOX_MERCHANT_PUBLIC_KEY: env.SANDBOX_MERCHANT_PUBLIC_KEY,
    SANDBOX_ALIPAY_PRIVATE_KEY: env.SANDBOX_ALIPAY_PRIVATE_KEY,
    SANDBOX_WEBHOOK_SECRET: 'whsec_AAAA',
  };
  let merchantAnswers: Response[] = [];
  let delivered: { by: string | null; at: string; body: string }[] = [];
  let wakeUps: number[] = [];
  let storage: SandboxStorage;
  let world: World;
  let visit: (path: string, init?: RequestInit) => Promise<Response>;

  beforeEach(() => {
    nowMs = START_MS;
    storage = createMemoryStorage();
    merchantAnswers = [];
    delivered = [];
    wakeUps = [];
    world = createWorld({
      settings: { ...alipay, wechatPay },
      storage,
      now: () => nowMs,
      fetch: async (sent) => {
        const body = await sent.text();
        delivered.push({ by: voucher(sent.headers, body), at: sent.headers.get('wechatpay-timestamp') ?? '', body });
        return merchantAnswers.shift() ?? new Response(null, { status: 204 });
      },
      wakeAt: (atMs) => {
        wakeUps.push(atMs);
        return Promise.resolve();
      },
    });
    const routes = createRoutes(world);
    visit = async (path, init) => routes.request(path, init);
  });

  const post = (path: string, body: object): Promise<Response> =>
    visit(path, { method: 'POST', body: JSON.stringify(body) });
  const press = (button: string, ticketText: string, accept = 'application/json'): Promise<Response> =>
    visit(`/wechat-pay/cashier/${button}`, {
      method: 'POST',
      headers: { accept },
      body: new URLSearchParams({ ticket: ticketText }),
    });

  /** One call over the running sandbox's own address. */
  async function call(verb: 'GET' | 'POST', target: string, body?: object): Promise<Received> {
    const sent = request(verb, target, body === undefined ? '' : JSON.stringify(body));
    return read(await visit(target, sent));
  }

  async function prepaid(changes: object = {}, product: Product = 'jsapi'): Promise<string> {
    const { status, content, by } = await call('POST', `/v3/pay/transactions/${product}`, order(changes, product));
    expect([status, by]).toEqual([200, PLATFORM_SERIAL]);
    return String(content['prepay_id'] ?? content['code_url']);
  }

  const open = (ticketText: string): Promise<Response> => visit(`/wechat-pay/cashier?${ticketText}`);

  test('shows a mini program’s payer who is paid, for what, how much and from whose account, escaped', async () => {
    const params = asQuery(jsapiParams(await prepaid({ description: '<b>甲' })));
    const page = await open(params);
    expect(page.status).toBe(200);
    const text = await page.text();
    const shown = [
      `付款给商户 ${MCH_ID}`,
      '&lt;b&gt;甲',
      '196.00',
      'oUpF****eS6o',
      NUMBER,
      '立即支付',
      'class="green"',
    ];
    for (const words of shown) expect(text).toContain(words);
    expect(text).not.toContain('oUpF8uMuAJO_M2pxb1Q9zNjWeS6o');
    for (const button of ['pay', 'pay-late', 'notify-twice', 'open-only', 'fail'])
      expect(text).toContain(`formaction="/wechat-pay/cashier/${button}"`);
  });

  test.each([
    ['o', '****'],
    ['openid', 'o****d'],
    ['o'.repeat(128), 'oooo****oooo'],
  ])('shows of the openid %s no more than %s', async (openid, shown) => {
    const text = await (await open(asQuery(jsapiParams(await prepaid({ payer: { openid } }))))).text();
    expect(text).toContain(`<span>${shown}</span>`);
  });

  test('shows the sheet of an app, whose payer nobody has named', async () => {
    const text = await (await open(asQuery(appParams(await prepaid({}, 'app'))))).text();
    for (const words of ['来自 App', `付款给商户 ${MCH_ID}`, '196.00', '立即支付']) expect(text).toContain(words);
    for (const words of ['openid', '<svg']) expect(text).not.toContain(words);
  });

  test('offers only the buttons that the order would take', async () => {
    const params = asQuery(jsapiParams(await prepaid()));
    const offered = async (): Promise<string[]> => {
      const buttons = (await (await open(params)).text()).matchAll(
        /formaction="\/wechat-pay\/cashier\/([\w-]+)"([^>]*)>/g,
      );
      return [...buttons].flatMap(([, name = '', state = '']) => (state.includes('disabled') ? [] : [name]));
    };
    expect(await offered()).toEqual(['pay', 'notify-twice', 'open-only', 'fail']);
    nowMs += 2 * MINUTE_MS;
    expect(await offered()).toEqual(['pay-late']);
    await press('pay-late', params);
    expect(await offered()).toEqual(['notify-twice']);
  });

  test('shows a code that a phone can scan, and whoever scans it can pay', async () => {
    const codeUrl = await prepaid({}, 'native');
    for (const ticketText of [asQuery({ code_url: codeUrl }), codeUrl]) {
      const text = await (await open(ticketText)).text();
      expect(scanCode(text)).toBe(codeUrl);
      for (const words of [`<code>${codeUrl}</code>`, '使用微信扫码支付', MCH_ID, '扫码并付款'])
        expect(text).toContain(words);
    }
    const scanned = scanCode(await (await open(codeUrl)).text()) ?? '';
    expect(await (await press('pay', scanned)).json()).toMatchObject({
      trade: { outTradeNo: NUMBER, state: 'SUCCESS' },
    });
  });

  test('draws every code so that it reads as what it says', async () => {
    const codeUrls = await Promise.all(
      Array.from({ length: 40 }, (_, nth) => prepaid({ out_trade_no: `native${nth}` }, 'native')),
    );
    for (const codeUrl of codeUrls) expect(scanCode(await (await open(codeUrl)).text())).toBe(codeUrl);
  });

  test('shows no code for an order that was opened by its number, and takes the payment all the same', async () => {
    await prepaid({}, 'native');
    const text = await (await open(NUMBER)).text();
    expect(text).toContain('没有二维码');
    expect(scanCode(text)).toBeNull();
    expect((await press('pay', NUMBER)).status).toBe(200);
  });

  test('says why it will not', async () => {
    const forged = asQuery(jsapiParams(await prepaid(), {}, strangerKeys.privateKey));
    const refused = await visit(`/wechat-pay/cashier?${forged}`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('SIGN_ERROR');
    const pressed = await press('pay', forged);
    expect([pressed.status, await pressed.json()]).toMatchObject([409, { ok: false, code: 'SIGN_ERROR' }]);
    const page = await press('pay', forged, 'text/html');
    expect(page.status).toBe(409);
    const text = await page.text();
    for (const words of ['无法继续', '支付验证签名失败', 'SIGN_ERROR', '返回收银台', 'class="green"'])
      expect(text).toContain(words);
    expect(await (await press('pay', 'never01', 'text/html')).text()).not.toContain('返回收银台');
  });

  test('leads back from what came of it to the cashier, in whatever form the ticket was sent', async () => {
    const params = jsapiParams(await prepaid());
    const codeUrl = await prepaid({ out_trade_no: 'native1' }, 'native');
    for (const ticketText of [JSON.stringify(params), asQuery(params), codeUrl]) {
      const result = await (await press('fail', ticketText, 'text/html')).text();
      for (const words of ['未支付', '没有发送通知', '/wechat-pay/ledger/']) expect(result).toContain(words);
      const [, back = ''] = /href="([^"]*)">返回收银台/.exec(result) ?? [];
      expect((await visit(back.replaceAll('&amp;', '&'))).status).toBe(200);
    }
  });

  test('opens what was pasted: JSON, a query string, a code', async () => {
    const params = jsapiParams(await prepaid());
    const codeUrl = await prepaid({ out_trade_no: 'native1' }, 'native');
    for (const pasted of [JSON.stringify(params), asQuery(params), codeUrl]) {
      const body = new URLSearchParams({ ticket: ` ${pasted}\n` });
      const redirect = await visit('/wechat-pay/cashier', { method: 'POST', body, redirect: 'manual' });
      expect(redirect.status).toBe(303);
      expect((await visit(redirect.headers.get('location') ?? '')).status).toBe(200);
    }
    const start = await (await visit('/')).text();
    for (const shown of ['/wechat-pay/cashier', '/wechat-pay/ledger/native1', 'NOTPAY']) expect(start).toContain(shown);
  });

  test('pays, and notifies with a fresh signature until it is 200 or 204 with nothing in it', async () => {
    const params = asQuery(jsapiParams(await prepaid()));
    merchantAnswers = [
      new Response('{"code":"FAIL"}', { status: 500 }),
      new Response('success'),
      new Response(null, { status: 202 }),
      new Response(null, { status: 200 }),
    ];
    expect(await (await press('pay', params)).json()).toMatchObject({
      ok: true,
      trade: { state: 'SUCCESS' },
      deliveries: [{ status: 500, accepted: false }],
    });
    expect(wakeUps).toEqual([START_MS + 250]);
    for (const pauseMs of [250, 250, 500]) {
      nowMs += pauseMs;
      await world.deliverDue();
    }
    expect(wakeUps.slice(1)).toEqual([START_MS + 500, START_MS + 1000]);
    nowMs += HOUR_MS;
    await world.deliverDue();
    expect(delivered).toHaveLength(4);
    expect(new Set(delivered.map(({ body }) => body)).size).toBe(1);
    expect(delivered.every(({ by }) => by === PLATFORM_SERIAL)).toBe(true);
    expect(delivered.map(({ at }) => Number(at) - START_MS / 1000)).toEqual([0, 0, 0, 1]);
    const books = await (await visit(`/wechat-pay/ledger/${NUMBER}`)).text();
    expect(books.match(/"accepted":false/g)).toHaveLength(3);
    expect(books.match(/"accepted":true/g)).toHaveLength(1);
  });

  test('gives a notification up after fifteen more tries', async () => {
    merchantAnswers = Array.from({ length: 20 }, () => new Response(null, { status: 500 }));
    await press('pay', asQuery(jsapiParams(await prepaid())));
    while (wakeUps.length > 0) {
      nowMs = wakeUps.at(-1) ?? nowMs;
      wakeUps = [];
      await world.deliverDue();
    }
    expect(delivered).toHaveLength(16);
    expect(Math.round((nowMs - START_MS) / 1000)).toBe(24 * 60 + 4);
  });

  test.each([
    ['notify-twice', { trade: { state: 'SUCCESS' }, deliveries: [{}, {}] }],
    ['open-only', { trade: { state: 'NOTPAY' }, deliveries: [] }],
    ['fail', { trade: { state: 'NOTPAY' }, deliveries: [] }],
  ])('the button %s', async (button, result) => {
    const params = asQuery(jsapiParams(await prepaid()));
    expect(await (await press(button, params)).json()).toMatchObject({ ok: true, ...result });
    expect(delivered).toHaveLength(result.deliveries.length);
    expect((await press(button, params, 'text/html')).status).toBe(200);
  });

  test('the button pay-late, and a page that says what came of it', async () => {
    const params = asQuery(jsapiParams(await prepaid()));
    nowMs += 2 * MINUTE_MS;
    expect((await press('pay', params)).status).toBe(409);
    expect(await (await visit(`/wechat-pay/cashier?${params}`)).text()).toContain('已过支付截止时间');
    const result = await (await press('pay-late', params, 'text/html')).text();
    for (const shown of ['支付成功', '微信支付订单号', 'HTTP 204', '已接受']) expect(result).toContain(shown);
  });

  test('loses notifications while delivery is off, for every provider', async () => {
    await post('/control/notifications', { deliver: false });
    const params = asQuery(jsapiParams(await prepaid()));
    expect(await (await press('pay', params)).json()).toMatchObject({ trade: { state: 'SUCCESS' }, deliveries: [] });
    expect(await (await press('notify-twice', params, 'text/html')).text()).toContain('这条通知丢失了');
    await post('/control/notifications', { deliver: true });
    await world.deliverDue();
    expect(delivered).toEqual([]);
  });

  test('tells of a refund that ends with a query, soon after the answer', async () => {
    await press('pay', asQuery(jsapiParams(await prepaid())));
    expect((await call('POST', '/v3/refund/domestic/refunds', refundOf(9600, 'r1'))).content).toMatchObject({
      status: 'PROCESSING',
    });
    expect(wakeUps).toEqual([]);
    expect((await call('GET', '/v3/refund/domestic/refunds/r1')).content).toMatchObject({ status: 'SUCCESS' });
    expect(wakeUps).toEqual([nowMs]);
    await world.deliverDue();
    expect(delivered).toHaveLength(2);
    expect(delivered[1]?.body).toContain('REFUND.SUCCESS');
    expect(await (await visit(`/wechat-pay/ledger/${NUMBER}`)).json()).toMatchObject({
      trade: { state: 'REFUND', refundedFen: 9600 },
      refunds: [{ refundNo: 'r1', status: 'SUCCESS' }],
    });
    expect(await (await visit('/wechat-pay/ledger')).json()).toMatchObject({
      trades: [{ outTradeNo: NUMBER, state: 'REFUND' }],
      waitingNotifications: [],
      faults: { planned: [] },
    });
    expect((await visit('/wechat-pay/ledger/never01')).status).toBe(404);
  });

  test('its switches turn over HTTP', async () => {
    await press('pay', asQuery(jsapiParams(await prepaid())));
    expect((await post('/control/wechat-pay', { refunds: 'sometimes' })).status).toBe(400);
    expect((await visit('/control/wechat-pay', { method: 'POST', body: '{' })).status).toBe(400);
    expect((await post('/control/wechat-pay', { endRefund: 'r1', ending: 'SUCCESS' })).status).toBe(409);
    expect((await post('/control/wechat-pay', { refunds: 'when_told' })).status).toBe(200);
    await call('POST', '/v3/refund/domestic/refunds', refundOf(9600, 'r1'));
    const asked = (): Promise<Received> => call('GET', '/v3/refund/domestic/refunds/r1');
    expect((await asked()).content).toMatchObject({ status: 'PROCESSING' });
    expect((await post('/control/wechat-pay', { endRefund: 'r1', ending: 'ABNORMAL' })).status).toBe(200);
    expect(wakeUps).toEqual([nowMs]);
    await post('/control/wechat-pay', { signWith: 'next' });
    expect(await asked()).toMatchObject({ by: NEXT_SERIAL, content: { status: 'ABNORMAL' } });
    await post('/control/wechat-pay', { probe: 'answer', times: 1 });
    await expect(asked()).rejects.toThrow('a false signature');
    expect((await asked()).by).toBe(NEXT_SERIAL);
  });

  test('faults come in over HTTP, to the provider whose call they name', async () => {
    expect(
      await (await post('/control/faults', { method: 'wechat.query', when: 'before', kind: 'reset' })).json(),
    ).toMatchObject({
      planned: [{ method: 'wechat.query' }],
    });
    await post('/control/faults', { method: 'alipay.trade.query', when: 'before', kind: '500' });
    const target = `/v3/pay/transactions/out-trade-no/${NUMBER}?mchid=${MCH_ID}`;
    const broken = await visit(target, request('GET', target));
    await expect(broken.text()).rejects.toThrow('Network connection lost.');
    expect((await call('GET', target)).status).toBe(404);
    expect(world.alipay.faults.ahead().planned).toHaveLength(1);
    await post('/control/faults', { random: { seed: 1, probability: 1 } });
    for (const faults of [world.alipay.faults, world.wechatPay?.gateway.faults])
      expect(faults?.next('any')).not.toBeNull();
    await post('/control/faults', { heal: true });
    for (const faults of [world.alipay.faults, world.wechatPay?.gateway.faults])
      expect(faults?.ahead()).toEqual({ planned: [], random: null });
  });

  test('has one alarm, and no provider’s notification makes it forget the other’s', async () => {
    merchantAnswers = [new Response(null, { status: 500 }), new Response(null, { status: 500 })];
    await press('pay', asQuery(jsapiParams(await prepaid())));
    const notice = { notificationId: 'n1', outTradeNo: NUMBER, url: NOTIFY_URL, headers: {}, body: '' };
    world.alipay.notifications.add(notice, START_MS + 100);
    await world.wakeWhenDue();
    expect(wakeUps.at(-1)).toBe(START_MS + 100);
    world.alipay.notifications.take();
    await world.wakeWhenDue();
    expect(wakeUps.at(-1)).toBe(START_MS + 250);
  });

  test('runs without WeChat Pay when no setting names it, and says which are missing when some do', async () => {
    const without = createRoutes(
      createWorld({
        settings: alipay,
        storage,
        now: () => nowMs,
        fetch: () => Promise.resolve(new Response('success')),
        wakeAt: () => Promise.resolve(),
      }),
    );
    expect((await without.request('/')).status).toBe(200);
    expect((await without.request('/wechat-pay/ledger')).status).toBe(404);
    const fault = { method: 'wechat.query', when: 'before', kind: '500' };
    const planned = await without.request('/control/faults', { method: 'POST', body: JSON.stringify(fault) });
    expect(planned.status).toBe(400);

    const names = { ...alipay, SANDBOX_MERCHANT_APP_ID: '2021003133619168', SANDBOX_WEBHOOK_SECRET: 'whsec_AAAA' };
    expect(readSettings(names)).toEqual({ ok: true, settings: names });
    expect(readSettings({ ...names, ...wechatPay })).toEqual({ ok: true, settings: { ...names, wechatPay } });
    const { SANDBOX_WECHAT_API_V3_KEY: _key, ...incomplete } = wechatPay;
    const problems = readSettings({ ...names, ...incomplete });
    expect(problems).toMatchObject({ ok: false, problems: [expect.stringContaining('SANDBOX_WECHAT_API_V3_KEY')] });
    const { SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL: _serial, ...half } = wechatPay;
    expect(readSettings({ ...names, ...half })).toMatchObject({ ok: false });
  });
});
