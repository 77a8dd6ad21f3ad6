/** Who may ask the print shop for what: tokens in headers and cookies, pages of other sites, other people's orders. */
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  DELIVERED_ORDER,
  EXAMPLE_ORDER,
  newPrintCustomer,
  orderOf,
  pictureOf,
  type PrintCustomer,
  printCustomer,
} from '../harness/print.ts';
import { openShop, type Sent, type Shop } from '../harness/shop.ts';
import { amountAnswer, detailAnswer } from './print-shop-answers.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const APP = 'https://app.example';
const UNAUTHENTICATED = refusal('未登录或登录已失效', 401);
const FORBIDDEN = refusal('没有权限', 403);
const NOT_FOUND = refusal('订单不存在');

let shop: Shop;
let customer: PrintCustomer;
let orderID: string;
let paidID: string;
beforeAll(async () => {
  shop = await openShop({ limits: 'off', vars: { CORS_ORIGINS: APP } });
  customer = newPrintCustomer(shop);
  orderID = await customer.newOrder();
  paidID = await customer.newPaidOrder(DELIVERED_ORDER);
});

/** Every call that needs a token. */
function callsOn(order: string): Record<string, [path: string, sent: Sent]> {
  return {
    verify: ['/API/order/verify', { body: EXAMPLE_ORDER }],
    detail: [`/API/order/detail?orderID=${order}`, {}],
    cancel: ['/API/order/cancel', { method: 'PUT', body: { orderID: order } }],
    refund: ['/API/order/refund', { body: { orderID: order, reason: 'x' } }],
    info: ['/API/orders/info', {}],
    amount: ['/API/orders/amount', {}],
    payment: [`/API/pay/payment?orderID=${order}&payway=WXPAY`, {}],
    trade: [`/API/pay/trade?orderID=${order}&payway=WXPAY`, {}],
  };
}
const CALLS = Object.keys(callsOn(''));
const ofOrder = CALLS.filter((name) => !['verify', 'info', 'amount'].includes(name));

/** Sends a call as a browser with a cookie does. */
async function withCookie(name: string, headers: Record<string, string>, order = orderID) {
  const [path, sent] = callsOn(order)[name] ?? ['', {}];
  const cookie = `theme=dark; token=${await shop.token(customer.userId)}; lang=zh`;
  return shop.send(path, { ...sent, token: null, headers: { cookie, ...headers } });
}

describe('tokens', () => {
  test.each(CALLS)('%s needs one', async (name) => {
    const [path, sent] = callsOn(orderID)[name] ?? ['', {}];
    const before = await rowCounts();
    const expired = await shop.token(customer.userId, { expiresAtMs: Date.now() - 1000 });
    for (const token of [null, 'nobody', expired]) {
      expect(seen(await shop.send(path, { ...sent, token }))).toEqual(UNAUTHENTICATED);
    }
    for (const value of ['', 'nobody', expired]) {
      const headers = { cookie: `token=${value}` };
      expect(seen(await shop.send(path, { ...sent, token: null, headers }))).toEqual(UNAUTHENTICATED);
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('a user may be called anything that a token can say', async () => {
    for (const userId of ['1fba29cd8cc72f1ad', '赵六', 'a b/c?d=e&f', "x'--", '1'.repeat(64)]) {
      const somebody = printCustomer(shop, userId);
      const id = await somebody.newOrder();
      expect(detailAnswer.parse((await somebody.detail(id)).json).info.uid).toBe(userId);
    }
  });

  test('a bearer token outweighs the cookie, and asks nobody where it comes from', async () => {
    const other = newPrintCustomer(shop);
    const authorization = `Bearer ${await shop.token(other.userId)}`;
    const headers = { authorization, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const received = await withCookie('amount', headers);
    expect(amountAnswer.parse(received.json).info.ALL).toBe(0);
  });
});

describe('a cookie', () => {
  const FROM_US: Record<string, string>[] = [
    {},
    { origin: 'https://orders.example' },
    { origin: 'https://orders.example', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    { referer: 'https://orders.example/my/orders?page=1' },
    { referer: 'https://orders.example/', 'sec-fetch-site': 'same-origin' },
    { origin: APP, 'sec-fetch-site': 'cross-site' },
    { referer: `${APP}/pay`, 'sec-fetch-site': 'cross-site' },
  ];
  const FROM_ELSEWHERE: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    { origin: 'https://evil.example', referer: 'https://orders.example/' },
    { origin: 'null' },
    { origin: '' },
    { origin: 'http://orders.example' },
    { origin: 'https://orders.example:8443' },
    { origin: 'https://orders.example.evil.example' },
    { origin: 'https://sub.orders.example' },
    { origin: `${APP}.evil.example` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'anything' },
    { referer: 'https://evil.example/' },
    { referer: 'https://evil.example/?https://orders.example/' },
    { referer: 'https://orders.example@evil.example/' },
    { referer: 'https://evil.example/', 'sec-fetch-site': 'same-origin' },
  ];

  test.each(CALLS)('counts for %s where the request comes from us', async (name) => {
    for (const headers of FROM_US) {
      // Each time an order of its own, for some of the calls end it.
      const order = name === 'refund' ? await customer.newPaidOrder() : await customer.newOrder();
      const { status, text } = await withCookie(name, headers, order);
      expect([headers, status, text.slice(0, 14)]).toEqual([headers, 200, '{"result":"OK"']);
    }
  });

  test.each(CALLS)('does not count for %s where it comes from anybody else, and nothing happens', async (name) => {
    const before = await rowCounts();
    for (const headers of FROM_ELSEWHERE) {
      expect([headers, seen(await withCookie(name, headers))]).toEqual([headers, FORBIDDEN]);
    }
    expect(await rowCounts()).toEqual(before);
    expect(await customer.stateOf(orderID)).toBe('PAYING');
  });

  test('of a trusted origin is let through by the browser too', async () => {
    const received = await withCookie('amount', { origin: APP });
    expect(received.headers.get('access-control-allow-origin')).toBe(APP);
    expect(received.headers.get('access-control-allow-credentials')).toBe('true');
  });

  test('counts at the print shop alone', async () => {
    const cookie = `token=${await shop.token('1')}`;
    for (const path of ['/V1/order?order_type=1', '/api/order/list?userId=1', '/admin/orders']) {
      expect((await shop.send(path, { token: null, headers: { cookie } })).status).toBe(401);
    }
  });
});

describe("other people's orders", () => {
  let before: Record<string, number>;
  beforeEach(async () => {
    before = await rowCounts();
  });

  test.each(ofOrder)('%s of one is answered like one that does not exist', async (name) => {
    const stranger = newPrintCustomer(shop);
    for (const order of [orderID, paidID, '2022112200000000000000', '1', 'x']) {
      const [path, sent] = callsOn(order)[name] ?? ['', {}];
      expect(seen(await stranger.send(path.replace('/API', ''), sent))).toEqual(NOT_FOUND);
    }
    expect(await rowCounts()).toEqual(before);
    expect([await customer.stateOf(orderID), await customer.stateOf(paidID)]).toEqual(['PAYING', 'PAID']);
  });

  test('an order is known by its number alone, not by its place among all orders', async () => {
    const row = await env.DB.prepare('SELECT id FROM orders WHERE order_no = ?1').bind(orderID).first<{ id: number }>();
    expect(seen(await customer.detail(String(row?.id)))).toEqual(NOT_FOUND);
  });

  test('an order of another dialect is none of this one', async () => {
    const placed = await shop.send('/V1/order', {
      body: { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 },
    });
    const number = /"order_id":"(\d{22})"/.exec(placed.text)?.[1] ?? '';
    const sameUser = printCustomer(shop, '50373883813');
    for (const name of ofOrder) {
      const [path, sent] = callsOn(number)[name] ?? ['', {}];
      expect(seen(await sameUser.send(path.replace('/API', ''), sent))).toEqual(NOT_FOUND);
    }
    const asBooking = await shop.send(`/V1/order/${orderID}`, { token: await shop.token('50373883813') });
    expect(asBooking.json).toMatchObject({ data: null });
  });

  test('an operator sees any, with the user who ordered it', async () => {
    const operator = printCustomer(shop, '9001', 'operator');
    const id = orderOf(await printCustomer(shop).verify());
    expect(detailAnswer.parse((await operator.detail(id)).json).info).toMatchObject({
      uid: '1fba29cd8cc72f1ad',
      username: '18945678900',
    });
    expect(await operator.stateOf(paidID)).toBe('PAID');
  });

  test('a user whom the shop does not know has no name', async () => {
    expect(detailAnswer.parse((await customer.detail(orderID)).json).info).toMatchObject({
      code: null,
      username: null,
      nickname: null,
    });
  });
});

describe('paths', () => {
  test('below the three of them, what is not there answers in their shape', async () => {
    const NOWHERE = refusal('接口不存在', 404);
    for (const path of [
      '/order',
      '/order/verify/x',
      '/orders',
      '/orders/nothing',
      '/pay',
      '/pay/refund',
      '/pay/qrcode',
    ]) {
      expect([path, seen(await customer.send(path))]).toEqual([path, NOWHERE]);
    }
    expect(seen(await customer.send('/order/verify'))).toEqual(NOWHERE);
    expect(seen(await customer.send('/order/cancel', { body: { orderID } }))).toEqual(NOWHERE);
    expect(seen(await customer.send('/pay/payment', { method: 'POST', body: {} }))).toEqual(NOWHERE);
    expect(seen(await shop.send('/API/order/nothing', { token: null }))).toEqual(UNAUTHENTICATED);
    expect((await customer.send('/nothing')).status).toBe(404);
  });

  test('a slash at the end changes nothing, and letters do', async () => {
    expect((await customer.send('/orders/amount/')).status).toBe(200);
    expect((await shop.send('/api/orders/amount')).status).toBe(404);
    expect(seen(await customer.send('/orders/Amount'))).toEqual(refusal('接口不存在', 404));
  });

  test('the picture needs no token, and takes no other method', async () => {
    const { pathname, search } = new URL(pictureOf(await customer.pay(orderID)));
    expect((await shop.send(pathname + search, { token: null })).status).toBe(200);
    expect(seen(await shop.send(pathname + search, { method: 'POST', token: null, body: {} }))).toEqual(
      UNAUTHENTICATED,
    );
  });

  test('where the dialect is not served, none of it is there', async () => {
    const other = await openShop({ limits: 'off', vars: { DIALECTS: 'technician-booking' } });
    for (const [path, sent] of Object.values(callsOn(orderID))) {
      expect((await other.send(path, { ...sent, token: await other.token('x') })).status).toBe(404);
    }
    expect((await other.send('/API/pay/QRCode?uri=x', { token: null })).text).not.toContain('"result"');
  });
});
