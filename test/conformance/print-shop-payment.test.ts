/** The print shop's payments: by a code or a form, the same one when asked again, and never two at once. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import {
  codeOf,
  EXAMPLE_FILE,
  formOf,
  newPrintCustomer,
  payAtAlipay,
  payAtWechat,
  pictureOf,
  type PrintCustomer,
} from '../harness/print.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { codeAnswer, detailAnswer, formAnswer, tradeAnswer } from './print-shop-answers.ts';
import { decide, finish, print } from './print-shop-desk.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const MINUTE_MS = 60_000;

const PAID = refusal('订单已支付，请勿重复支付');
const EXPIRED = refusal('订单已过期');
const CANCELLED = refusal('订单已取消');
const NOT_FOUND = refusal('订单不存在');
const NOT_OFFERED = refusal('暂不支持该支付方式');
const UNAVAILABLE = '支付渠道暂时不可用，请稍后重试';

const NO_WECHAT = {
  WECHAT_APP_ID: '',
  WECHAT_MCH_ID: '',
  WECHAT_MCH_SERIAL_NO: '',
  WECHAT_API_URL: '',
  WECHAT_PRIVATE_KEY: '',
  WECHAT_API_V3_KEY: '',
  WECHAT_PLATFORM_KEYS: '',
};

let shop: Shop;
let shopWithoutWechat: Shop;
let customer: PrintCustomer;
beforeAll(async () => {
  shopWithoutWechat = await openShop({ limits: 'off', vars: NO_WECHAT });
  shop = await openShop({ limits: 'off' });
  shop.wechatPay.refunds.setCourse('at_once');
  customer = newPrintCustomer(shop);
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const attemptRow = z.object({ out_trade_no: z.string(), provider: z.string(), status: z.string() });
/** The order's attempts, by the last digits of their numbers. */
async function attempts(orderID: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT out_trade_no, provider, status FROM payment_attempts WHERE order_no = ?1 ORDER BY out_trade_no',
  )
    .bind(orderID)
    .all();
  return results
    .map((row) => attemptRow.parse(row))
    .map(({ out_trade_no: number, provider, status }) => `${number.slice(-4)} ${provider} ${status}`);
}

async function shown(orderID: string) {
  return detailAnswer.parse((await customer.detail(orderID)).json).info;
}

const asked = () => vi.mocked(globalThis.fetch).mock.calls.length;

describe('at WeChat', () => {
  test('a picture whose code is WeChat’s, for the order: its price, its description, its end', async () => {
    const orderID = await customer.newOrder();
    const received = await customer.pay(orderID);
    codeAnswer.parse(received.json);
    const codeUrl = await codeOf(shop, received);
    expect(codeUrl).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
    expect(shop.wechatPay.openCashier(codeUrl)).toMatchObject({ ok: true, tradeType: 'NATIVE', codeUrl });
    expect(shop.wechatPay.ledger.trade(`${orderID}0001`)).toMatchObject({
      amountFen: 25,
      subject: '《申报指南.docx》等共1个文件',
      payableUntilMs: Date.now() + ORDER_TTL_MS,
      notifyUrl: 'https://orders.example/callback/wechat',
    });
    payAtWechat(shop, codeUrl);
    await shop.deliverNotifications();
    expect(await shown(orderID)).toMatchObject({ state: 'PAID', payway: 'WXPAY', payDate: String(Date.now()) });
  });

  test('asked again it is the same attempt and the same code, and WeChat is not asked', async () => {
    const orderID = await customer.newOrder();
    const code = await customer.newCode(orderID);
    const before = await rowCounts();
    const calls = asked();
    shop.pass(10 * MINUTE_MS);
    expect(await customer.newCode(orderID)).toBe(code);
    expect(asked()).toBe(calls);
    expect(await rowCounts()).toEqual(before);
    expect(await attempts(orderID)).toEqual(['0001 wechat-pay pending']);
  });

  test.each(['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const)(
    'with %s for an answer, the customer goes on with the same number',
    async (kind) => {
      const orderID = await customer.newOrder();
      shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'after', kind });
      expect(seen(await customer.pay(orderID))).toEqual(refusal(UNAVAILABLE, 502, 5));
      payAtWechat(shop, await customer.newCode(orderID));
      await shop.deliverNotifications();
      expect(await attempts(orderID)).toEqual(['0001 wechat-pay paid']);
    },
  );

  test('with a definite refusal, the next call starts anew', async () => {
    const orderID = await customer.newOrder();
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'before', kind: 'refused', subCode: 'NO_AUTH' });
    expect(seen(await customer.pay(orderID))).toEqual(refusal(UNAVAILABLE, 502));
    await customer.newCode(orderID);
    expect(await attempts(orderID)).toEqual(['0001 wechat-pay failed', '0002 wechat-pay pending']);
  });
});

describe('at Alipay', () => {
  test('a form that takes the order to Alipay’s page, and submits itself', async () => {
    const orderID = await customer.newOrder();
    const received = await customer.pay(orderID, 'ALIPAY');
    const { payform } = formAnswer.parse(received.json).info;
    expect(payform).toContain(env.ALIPAY_GATEWAY_URL);
    expect(payform).toContain('alipay.trade.page.pay');
    expect(payform).toMatch(/<script>.*\.submit\(\);?<\/script>/);
    payAtAlipay(shop, payform);
    expect(shop.alipay.ledger.trade(`${orderID}0001`)).toMatchObject({
      amountFen: 25,
      subject: '《申报指南.docx》等共1个文件',
      payableUntilMs: Date.now() + ORDER_TTL_MS,
      notifyUrl: 'https://orders.example/callback/alipay',
    });
    await shop.deliverNotifications();
    expect(await shown(orderID)).toMatchObject({ state: 'PAID', payway: 'ALIPAY', payDate: String(Date.now()) });
  });

  test('asked again it is the same attempt, and Alipay is not asked', async () => {
    const orderID = await customer.newOrder();
    const calls = asked();
    const forms = [await customer.newForm(orderID)];
    shop.pass(MINUTE_MS);
    forms.push(await customer.newForm(orderID));
    expect(asked()).toBe(calls);
    expect(await attempts(orderID)).toEqual(['0001 alipay pending']);
    for (const form of forms) expect(form).toContain(`${orderID}0001`);
    payAtAlipay(shop, forms[1] ?? '');
    await shop.deliverNotifications();
    expect(await customer.stateOf(orderID)).toBe('PAID');
  });

  test('a file may be called whatever its owner likes: the form stays one form', async () => {
    const fileName = `"><script>alert(1)</script>&amp;'《》</form>.docx`;
    const orderID = await customer.newOrder({ files: [{ ...EXAMPLE_FILE, fileName }] });
    const form = await customer.newForm(orderID);
    expect(form.match(/<script/g)).toHaveLength(1);
    payAtAlipay(shop, form);
    await shop.deliverNotifications();
    expect(await customer.stateOf(orderID)).toBe('PAID');
  });
});

test.each(['WXPAY', 'ALIPAY'] as const)('by %s, a file with the longest of names can be paid for', async (payway) => {
  const orderID = await customer.newOrder({ files: [{ ...EXAMPLE_FILE, fileName: '长😀'.repeat(127) }] });
  if (payway === 'WXPAY') payAtWechat(shop, await customer.newCode(orderID));
  else payAtAlipay(shop, await customer.newForm(orderID));
  await shop.deliverNotifications();
  expect(await customer.stateOf(orderID)).toBe('PAID');
});

describe('by the other way', () => {
  test('the first payment is closed where it was, and only the second can be paid', async () => {
    const orderID = await customer.newOrder();
    const code = await customer.newCode(orderID);
    const form = await customer.newForm(orderID);
    expect(await attempts(orderID)).toEqual(['0001 wechat-pay closed', '0002 alipay pending']);
    expect(shop.wechatPay.pay(code)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    const again = await customer.newCode(orderID);
    expect(again).not.toBe(code);
    expect(await attempts(orderID)).toEqual([
      '0001 wechat-pay closed',
      '0002 alipay closed',
      '0003 wechat-pay pending',
    ]);
    payAtWechat(shop, again);
    await shop.deliverNotifications();
    expect(await shown(orderID)).toMatchObject({ state: 'PAID', payway: 'WXPAY' });
    // The form that was given up could still have been used; Alipay has its money back.
    payAtAlipay(shop, form);
    await shop.deliverNotifications();
    await shop.cron();
    const { ledger } = shop.alipay;
    expect([ledger.capturedFen(`${orderID}0002`), ledger.refundedFen(`${orderID}0002`)]).toEqual([25, 25]);
    expect(await customer.stateOf(orderID)).toBe('PAID');
  });

  test('a first payment that was paid unheard pays the order: there is no second', async () => {
    const orderID = await customer.newOrder();
    payAtWechat(shop, await customer.newCode(orderID));
    shop.wechatPay.takeNotifications();
    expect(seen(await customer.pay(orderID, 'ALIPAY'))).toEqual(PAID);
    expect(await attempts(orderID)).toEqual(['0001 wechat-pay paid']);
  });

  test('while the first cannot be asked about, there is no second', async () => {
    const orderID = await customer.newOrder();
    const code = await customer.newCode(orderID);
    shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
    expect(seen(await customer.pay(orderID, 'ALIPAY'))).toEqual(refusal(UNAVAILABLE, 502, 5));
    expect(await customer.newCode(orderID)).toBe(code);
    expect(await attempts(orderID)).toEqual(['0001 wechat-pay pending']);
  });
});

describe('is refused', () => {
  test.each(['WXPAY', 'ALIPAY'])('by %s, to whoever has paid, cancelled, or come too late', async (payway) => {
    const paid = await customer.newPaidOrder();
    const printed = await customer.newPaidOrder();
    await print(shop, printed);
    const finished = await customer.newPaidOrder();
    await print(shop, finished);
    await finish(shop, finished);
    const refunding = await customer.newPaidOrder();
    await customer.refund(refunding);
    const refunded = await customer.newPaidOrder();
    await customer.refund(refunded);
    await decide(shop, refunded, 'approve');
    const cancelled = await customer.newOrder();
    await customer.cancel(cancelled);
    const late = await customer.newOrder();
    const before = await rowCounts();
    for (const orderID of [paid, printed, finished, refunding, refunded]) {
      expect(seen(await customer.pay(orderID, payway))).toEqual(PAID);
    }
    expect(seen(await customer.pay(cancelled, payway))).toEqual(CANCELLED);
    shop.pass(ORDER_TTL_MS - 1);
    expect((await customer.pay(late, payway)).text).toContain('"OK"');
    shop.pass(1);
    const after = { ...before, ...(await rowCounts()) };
    expect(seen(await customer.pay(late, payway))).toEqual(EXPIRED);
    expect(await rowCounts()).toEqual(after);
    await shop.cron();
    expect(seen(await customer.pay(late, payway))).toEqual(EXPIRED);
  });

  test('where the way is not configured', async () => {
    const orderID = await customer.newOrder();
    const before = await rowCounts();
    const received = await shopWithoutWechat.send(`/API/pay/payment?orderID=${orderID}&payway=WXPAY`, {
      token: await shop.token(customer.userId),
    });
    expect(seen(received)).toEqual(NOT_OFFERED);
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['', 'wxpay', 'WECHAT', 'ALIPAY ,', '%00', 'WXPAY&payway=ALIPAY', '__proto__'])(
    'in another way: payway=%s',
    async (payway) => {
      const orderID = await customer.newOrder();
      expect(seen(await customer.pay(orderID, payway))).toEqual(refusal('payway 必须是 WXPAY 或 ALIPAY'));
      expect(seen(await customer.trade(orderID, payway))).toEqual(refusal('payway 必须是 WXPAY 或 ALIPAY'));
      expect(await attempts(orderID)).toEqual([]);
    },
  );

  test('without a way, and without an order', async () => {
    const orderID = await customer.newOrder();
    expect(seen(await customer.send(`/pay/payment?orderID=${orderID}`))).toEqual(refusal('payway 不能为空'));
    expect(seen(await customer.send('/pay/payment?payway=WXPAY'))).toEqual(refusal('orderID 不能为空'));
    for (const none of ['1', 'x', `${orderID}0`, `ORD${orderID}`, '0'.repeat(22), '%00']) {
      expect(seen(await customer.pay(none))).toEqual(NOT_FOUND);
    }
    for (const unreadable of ['', '1'.repeat(65), `${orderID}&orderID=${orderID}`]) {
      expect((await customer.pay(unreadable)).text).toContain('"ERROR","message":"orderID ');
    }
  });
});

const isOpening = ({ text }: Received) => text === '{"result":"ERROR","message":"订单正在支付，请稍后再试"}';

describe('at once', () => {
  test('twenty calls for a code are one attempt, and WeChat is asked for it once', async () => {
    const orderID = await customer.newOrder();
    const calls = asked();
    const received = await Promise.all(Array.from({ length: 20 }, () => customer.pay(orderID)));
    const codes = await Promise.all(received.filter((one) => !isOpening(one)).map((one) => codeOf(shop, one)));
    expect(new Set(codes).size).toBe(1);
    expect(asked() - calls).toBe(1);
    expect(await attempts(orderID)).toEqual(['0001 wechat-pay pending']);
  });

  test('twenty calls for a form are one attempt', async () => {
    const orderID = await customer.newOrder();
    const received = await Promise.all(Array.from({ length: 20 }, () => customer.pay(orderID, 'ALIPAY')));
    for (const one of received) expect(formOf(one)).toContain(`${orderID}0001`);
    expect(await attempts(orderID)).toEqual(['0001 alipay pending']);
  });

  test.each([false, true])('cancelling against paying: one of them wins (cancelled first: %s)', async (isFirst) => {
    for (let nth = 0; nth < 10; nth++) {
      const orderID = await customer.newOrder();
      const calls = [() => customer.pay(orderID), () => customer.cancel(orderID)];
      await Promise.all((isFirst ? calls.toReversed() : calls).map((call) => call()));
      const state = await customer.stateOf(orderID);
      expect(['PAYING', 'CANCEL']).toContain(state);
      // Whatever was said, no money stays that nobody is owed.
      const trade = shop.wechatPay.ledger.trade(`${orderID}0001`);
      if (trade !== null) shop.wechatPay.pay(trade.outTradeNo);
      await shop.deliverNotifications();
      await shop.cron();
      const { ledger } = shop.wechatPay;
      const number = `${orderID}0001`;
      const kept = ledger.capturedFen(number) - ledger.refundedFen(number);
      const end = await customer.stateOf(orderID);
      expect([end, kept]).toEqual(end === 'PAID' ? ['PAID', 25] : [state, 0]);
    }
  });
});

describe('how it goes', () => {
  test('polled each second for a minute, it costs at most a call in five seconds', async () => {
    const orderID = await customer.newOrder();
    await customer.newCode(orderID);
    const calls = asked();
    for (let second = 0; second < 60; second++) {
      shop.pass(1000);
      const { state } = tradeAnswer.parse((await customer.trade(orderID)).json).info;
      expect(state).toBe('PAYING');
    }
    expect(asked() - calls).toBeGreaterThan(6);
    expect(asked() - calls).toBeLessThanOrEqual(12);
  });

  test.each(['WXPAY', 'ALIPAY'] as const)('a lost notification of %s is noticed within seconds', async (payway) => {
    const orderID = await customer.newOrder();
    if (payway === 'WXPAY') payAtWechat(shop, await customer.newCode(orderID));
    else payAtAlipay(shop, await customer.newForm(orderID));
    shop.wechatPay.takeNotifications();
    shop.alipay.takeNotifications();
    const states: string[] = [];
    for (let second = 0; second < 8; second++) {
      shop.pass(1000);
      states.push(tradeAnswer.parse((await customer.trade(orderID, payway)).json).info.state);
    }
    expect(states.indexOf('PAID')).toBeGreaterThan(-1);
    expect(states.indexOf('PAID')).toBeLessThanOrEqual(5);
  });

  test('a provider that does not answer stops nobody from asking', async () => {
    const orderID = await customer.newOrder();
    await customer.newCode(orderID);
    for (let nth = 0; nth < 3; nth++) {
      shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
      shop.pass(6000);
      expect(await customer.stateOf(orderID)).toBe('PAYING');
    }
  });

  test('it can be asked without saying how it is paid', async () => {
    const orderID = await customer.newOrder();
    const received = await customer.send(`/pay/trade?orderID=${orderID}`);
    expect(received.text).toBe('{"result":"OK","info":{"state":"PAYING"}}');
    for (const none of ['1', '0'.repeat(22)]) expect(seen(await customer.trade(none))).toEqual(NOT_FOUND);
  });
});

/** The picture at an address, as an `<img>` asks for it. */
function fetchPicture(address: string) {
  const { pathname, search } = new URL(address);
  return shop.send(pathname + search, { token: null });
}

describe('the picture', () => {
  test('is an SVG of the size that is wanted, which a page of any origin may show, and which runs nothing', async () => {
    const address = new URL(pictureOf(await customer.pay(await customer.newOrder())));
    for (const [size, px] of [
      [null, 256],
      ['64', 64],
      ['1024', 1024],
    ] as const) {
      if (size === null) address.searchParams.delete('size');
      else address.searchParams.set('size', size);
      const { status, headers, text } = await fetchPicture(address.href);
      expect(status).toBe(200);
      expect(text).toMatch(
        new RegExp(`^<svg xmlns="http://www.w3.org/2000/svg" width="${px}" height="${px}" viewBox="0 0 ${px} ${px}"`),
      );
      expect(text).not.toMatch(/script|href|style|on\w+=/i);
      expect(headers.get('content-type')).toBe('image/svg+xml');
      expect(headers.get('cache-control')).toBe('private, max-age=7200');
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test.each(['63', '1025', '0', '-1', '256px', '1e2', '', '256&size=256'])('of size %s there is none', async (size) => {
    const address = pictureOf(await customer.pay(await customer.newOrder()));
    const received = await fetchPicture(address.replace('size=256', `size=${size}`));
    expect(seen(received)).toEqual(refusal('size 必须是 64 到 1024 之间的整数'));
  });

  test('of what somebody else has written there is none: no text of theirs, no other sealed text, nothing changed', async () => {
    const orderID = await customer.newOrder();
    const address = new URL(pictureOf(await customer.pay(orderID)));
    const uri = address.searchParams.get('uri') ?? '';
    const [keyId = '', content = ''] = uri.split('.');
    const row = await env.DB.prepare('SELECT sealed FROM personal_data WHERE row_name = ?1')
      .bind(`attempt/${orderID}0001`)
      .first<{ sealed: string }>();
    const flipped = content.slice(0, 20) + (content[20] === 'A' ? 'B' : 'A') + content.slice(21);
    const forged = [
      'weixin://wxpay/bizpayurl?pr=abc',
      'https://evil.example',
      '',
      '.',
      keyId,
      `${keyId}.`,
      `.${content}`,
      `${keyId}.${flipped}`,
      `${keyId}.${content.slice(0, -2)}`,
      `AAAAAAAA.${content}`,
      `${keyId}.%%%`,
      'é.é',
      row?.sealed ?? 'no attempt',
      'a'.repeat(3000),
    ];
    for (const text of forged) {
      address.searchParams.set('uri', text);
      expect([text, seen(await fetchPicture(address.href))]).toEqual([text, refusal('uri 不是有效的二维码')]);
    }
    address.searchParams.delete('uri');
    expect(seen(await fetchPicture(address.href))).toEqual(refusal('uri 不能为空'));
    address.search = `?uri=${uri}&uri=${uri}`;
    expect(seen(await fetchPicture(address.href))).toEqual(refusal('uri 不是有效的二维码'));
  });

  test('asks nobody and the database for nothing, and can be looked at no more often than other calls', async () => {
    const limited = await openShop();
    const somebody = newPrintCustomer(limited);
    const address = new URL(pictureOf(await somebody.pay(await somebody.newOrder())));
    const statuses = new Set<number>();
    const calls = asked();
    for (let nth = 0; nth < 700 && !statuses.has(429); nth++) {
      const sent = { token: null, headers: { 'cf-connecting-ip': '203.0.113.9' } };
      statuses.add((await limited.send(address.pathname + address.search, sent)).status);
    }
    expect([...statuses]).toEqual([200, 429]);
    expect(asked()).toBe(calls);
  });
});
