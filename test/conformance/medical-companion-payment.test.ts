/** The medical companion's payments: one attempt at a time, handed out again to whoever it is for, closed for others. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { type CompanionCustomer, companionCustomer, payAtWechat, type Ticket, ticketOf } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './medical-companion-answers.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { cancelOrder, completeOrder, decideOnRefund } from './operator-desk.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const AMOUNT_FEN = 29_900;
const OTHER_OPEN_ID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS7p';

const PAID = '订单已支付，请勿重复支付';
const EXPIRED = '订单已过期';
const CANCELLED = '订单已取消';
const OPEN = '订单正在支付，请稍后再试';
const UNAVAILABLE = '支付渠道暂时不可用，请稍后重试';
const NOT_OFFERED = '暂不支持该支付方式';

const NO_ALIPAY = {
  ALIPAY_APP_ID: '',
  ALIPAY_SELLER_ID: '',
  ALIPAY_GATEWAY_URL: '',
  ALIPAY_PRIVATE_KEY: '',
  ALIPAY_PUBLIC_KEY: '',
};

let shop: Shop;
/** The same shop in the hands of others: one gives four hours to pay, one knows no Alipay. */
let patientShop: Shop;
let shopWithoutAlipay: Shop;
let customer: CompanionCustomer;
beforeAll(async () => {
  patientShop = await openShop({ limits: 'off', vars: { ORDER_TTL_SECONDS: '14400' } });
  shopWithoutAlipay = await openShop({ limits: 'off', vars: NO_ALIPAY });
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const attemptRow = z.object({ out_trade_no: z.string(), provider: z.string(), status: z.string() });
/** The order's attempts, by the last digits of their numbers. */
async function attempts(orderNo: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT out_trade_no, provider, status FROM payment_attempts WHERE order_no = ?1 ORDER BY out_trade_no',
  )
    .bind(orderNo)
    .all();
  return results
    .map((row) => attemptRow.parse(row))
    .map(({ out_trade_no: number, provider, status }) => `${number.slice(-4)} ${provider} ${status}`);
}

async function shown(orderId: number) {
  return answers.detailAnswer.parse((await customer.detail(orderId)).json).data;
}

/** Captured under both providers' numbers of the order, and given back, in fen. */
function movedFen(orderNo: string): [captured: number, refunded: number][] {
  return ['0001', '0002'].map((nth) => {
    const number = orderNo + nth;
    const { ledger } = shop.wechatPay.ledger.trade(number) === null ? shop.alipay : shop.wechatPay;
    return [ledger.capturedFen(number), ledger.refundedFen(number)];
  });
}

describe('at WeChat', () => {
  test('the attempt stands for the order: its price, its title, its end, its payer, and where to tell of it', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    await customer.newTicket(orderId);
    expect(shop.wechatPay.ledger.trade(`${orderNo}0001`)).toMatchObject({
      amountFen: AMOUNT_FEN,
      subject: '全面体检套餐',
      payableUntilMs: Date.now() + ORDER_TTL_MS,
      notifyUrl: 'https://orders.example/callback/wechat',
    });
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay pending']);
  });

  test('asked again, the same payment is handed out, freshly signed, and WeChat is not asked', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const first = await customer.newTicket(orderId);
    const asked = vi.mocked(globalThis.fetch).mock.calls.length;
    const before = await rowCounts();
    shop.pass(5 * MINUTE_MS);
    const again = await customer.newTicket(orderId);
    expect(again.package).toBe(first.package);
    expect(again.timeStamp).toBe(String(Math.floor(Date.now() / 1000)));
    expect([again.nonceStr === first.nonceStr, again.paySign === first.paySign]).toEqual([false, false]);
    expect(vi.mocked(globalThis.fetch).mock.calls).toHaveLength(asked);
    expect(await rowCounts()).toEqual(before);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay pending']);
    payAtWechat(shop, again);
    await shop.deliverNotifications();
    expect(await customer.statusOf(orderId)).toBe('paid');
  });

  test('another openId gets another payment, and the first one is closed at WeChat before', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const first = await customer.newTicket(orderId);
    const second = await customer.newTicket(orderId, OTHER_OPEN_ID);
    expect(second.package).not.toBe(first.package);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay closed', '0002 wechat-pay pending']);
    expect(shop.wechatPay.ledger.trade(`${orderNo}0001`)?.closedBy).toBe('merchant');
    expect(shop.wechatPay.pay(first)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    payAtWechat(shop, second);
    await shop.deliverNotifications();
    expect(await customer.statusOf(orderId)).toBe('paid');
    expect(movedFen(orderNo)).toEqual([
      [0, 0],
      [AMOUNT_FEN, 0],
    ]);
  });

  test('paid unheard, it is noticed while its customer looks at the order', async () => {
    const { orderId } = await customer.newOrder();
    payAtWechat(shop, await customer.newTicket(orderId));
    shop.wechatPay.takeNotifications();
    expect([await customer.statusOf(orderId), await customer.statusOf(orderId)]).toEqual([
      'pending_pay',
      'pending_pay',
    ]);
    shop.pass(5000);
    expect([await customer.statusOf(orderId), await customer.statusOf(orderId)]).toEqual(['pending_pay', 'paid']);
  });

  test('while it cannot be asked about the first payment, another openId gets none', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const first = await customer.newTicket(orderId);
    const before = await rowCounts();
    shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
    expect(seen(await customer.pay(orderId, { openId: OTHER_OPEN_ID }))).toEqual(refusal(502, UNAVAILABLE, 5));
    expect(await rowCounts()).toEqual(before);
    expect((await customer.newTicket(orderId)).package).toBe(first.package);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay pending']);
  });

  test('a first payment that was paid unheard pays the order: another openId gets none', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    payAtWechat(shop, await customer.newTicket(orderId));
    shop.wechatPay.takeNotifications();
    expect(seen(await customer.pay(orderId, { openId: OTHER_OPEN_ID }))).toEqual(refusal(409, PAID));
    expect(await customer.statusOf(orderId)).toBe('paid');
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay paid']);
  });

  test.each(['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const)(
    'with %s for an answer, the customer goes on with the same number',
    async (kind) => {
      for (const when of ['before', 'after'] as const) {
        const { orderId, orderNo } = await customer.newOrder();
        shop.wechatPay.faults.plan({ method: 'wechat.prepay', when, kind });
        expect(seen(await customer.pay(orderId))).toEqual(refusal(502, UNAVAILABLE, 5));
        expect(await attempts(orderNo)).toEqual(['0001 wechat-pay opening']);
        payAtWechat(shop, await customer.newTicket(orderId));
        await shop.deliverNotifications();
        expect(await attempts(orderNo)).toEqual(['0001 wechat-pay paid']);
      }
    },
  );

  test('with no answer, whoever comes with another openId gets another number', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'after', kind: 'timeout' });
    expect((await customer.pay(orderId)).status).toBe(502);
    payAtWechat(shop, await customer.newTicket(orderId, OTHER_OPEN_ID));
    await shop.deliverNotifications();
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay closed', '0002 wechat-pay paid']);
  });

  test('with a definite refusal, that attempt is over, and the next call starts anew', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'before', kind: 'refused', subCode: 'NO_AUTH' });
    expect(seen(await customer.pay(orderId))).toEqual(refusal(502, UNAVAILABLE));
    await customer.newTicket(orderId);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay failed', '0002 wechat-pay pending']);
  });

  test('what it gave is handed out for as long as it can be paid by, and then asked for anew', async () => {
    const unhurried = companionCustomer(patientShop, customer);
    const { orderId, orderNo } = await unhurried.newOrder();
    const packages = new Set<string>();
    // Whenever somebody asks in the four hours, what they get can be paid by.
    for (let asked = 0; asked < 12; asked++) {
      const ticket = await unhurried.newTicket(orderId);
      expect(shop.wechatPay.openCashier(ticket)).toMatchObject({ ok: true, standing: 'payable' });
      packages.add(ticket.package);
      shop.pass(20 * MINUTE_MS - 1);
    }
    expect(packages.size).toBeGreaterThan(1);
    expect(packages.size).toBeLessThan(5);
    const last = await unhurried.newTicket(orderId);
    packages.add(last.package);
    payAtWechat(shop, last);
    await shop.deliverNotifications();
    expect(await customer.statusOf(orderId)).toBe('paid');
    const states = (await attempts(orderNo)).map((attempt) => attempt.split(' ')[2]);
    expect(states).toEqual([...Array.from({ length: packages.size - 1 }, () => 'closed'), 'paid']);
  });
});

describe('at Alipay', () => {
  test('an order string, and nothing but that', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const received = await customer.payByAlipay(orderId);
    const { data } = answers.startedByAlipayAnswer.parse(received.json);
    expect(data).toMatchObject({ orderId, orderNo, amount: 299 });
    const { orderString } = data.paymentParams;
    const content: unknown = JSON.parse(new URLSearchParams(orderString).get('biz_content') ?? '');
    expect(content).toMatchObject({ out_trade_no: `${orderNo}0001`, total_amount: '299.00', subject: '全面体检套餐' });
    expect(shop.alipay.pay(orderString).ok).toBe(true);
    await shop.deliverNotifications();
    expect((await shown(orderId)).paymentInfo).toEqual({
      paymentMethod: 'alipay',
      transactionId: shop.alipay.ledger.trade(`${orderNo}0001`)?.transactionId,
      paidAt: `${new Date().toISOString().slice(0, 19)}Z`,
    });
  });

  test('asked again it is the same payment, with or without an openId that nobody needs', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const number = async (fields: Record<string, unknown>) => {
      const received = await customer.pay(orderId, { paymentMethod: 'alipay', ...fields });
      const { orderString } = answers.startedByAlipayAnswer.parse(received.json).data.paymentParams;
      return JSON.parse(new URLSearchParams(orderString).get('biz_content') ?? '');
    };
    const first: unknown = await number({ openId: undefined });
    shop.pass(MINUTE_MS);
    for (const openId of ['', 'x', '用户openId']) expect(await number({ openId })).toEqual(first);
    expect(await attempts(orderNo)).toEqual(['0001 alipay pending']);
  });

  test('the order string ends with the order', async () => {
    const { orderId } = await customer.newOrder();
    shop.pass(ORDER_TTL_MS - 5 * MINUTE_MS);
    const content: unknown = JSON.parse(
      new URLSearchParams(await customer.newOrderString(orderId)).get('biz_content') ?? '',
    );
    const endsAt = new Date(Date.now() + 5 * MINUTE_MS + 8 * HOUR_MS).toISOString();
    expect(content).toMatchObject({ time_expire: endsAt.slice(0, 19).replace('T', ' ') });
  });
});

describe('changing the method', () => {
  test('closes what is open at the other provider first, there and back', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const first = await customer.newTicket(orderId);
    const orderString = await customer.newOrderString(orderId);
    expect(shop.wechatPay.pay(first)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay closed', '0002 alipay pending']);
    shop.alipay.openWithoutPaying(orderString);
    const third = await customer.newTicket(orderId);
    expect(shop.alipay.pay(orderString)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(await attempts(orderNo)).toEqual([
      '0001 wechat-pay closed',
      '0002 alipay closed',
      '0003 wechat-pay pending',
    ]);
    payAtWechat(shop, third);
    await shop.deliverNotifications();
    expect((await shown(orderId)).paymentInfo?.paymentMethod).toBe('wechat_pay');
  });

  test('to one that is not configured changes nothing, and is refused in words', async () => {
    const client = companionCustomer(shopWithoutAlipay, customer);
    const { orderId, orderNo } = await client.newOrder();
    const ticket = await client.newTicket(orderId);
    const before = await rowCounts();
    expect(seen(await client.payByAlipay(orderId))).toEqual(refusal(400, NOT_OFFERED));
    expect(await rowCounts()).toEqual(before);
    expect((await client.newTicket(orderId)).package).toBe(ticket.package);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay pending']);
  });
});

/** A customer who keeps both: the order string of a payment that was given up, and what WeChat is opened with. */
async function bothInHand(): Promise<{ orderId: number; orderNo: string; orderString: string; ticket: Ticket }> {
  const { orderId, orderNo } = await customer.newOrder();
  const orderString = await customer.newOrderString(orderId);
  const ticket = await customer.newTicket(orderId);
  expect(await attempts(orderNo)).toEqual(['0001 alipay closed', '0002 wechat-pay pending']);
  return { orderId, orderNo, orderString, ticket };
}

/** The payer pays at Alipay. Throws where Alipay refuses. */
function payAtAlipay(orderString: string): void {
  const outcome = shop.alipay.pay(orderString);
  if (!outcome.ok) throw new Error(`Alipay refused: ${outcome.subCode}`);
}

describe('paid by WeChat and by Alipay', () => {
  test.each<[string, (both: { orderString: string; ticket: Ticket }) => void]>([
    [
      'WeChat',
      ({ orderString, ticket }) => {
        payAtWechat(shop, ticket);
        payAtAlipay(orderString);
      },
    ],
    [
      'Alipay',
      ({ orderString, ticket }) => {
        payAtAlipay(orderString);
        payAtWechat(shop, ticket);
      },
    ],
  ])('unheard, with %s first: one pays, the other goes back in full by itself', async (_first, payBoth) => {
    const both = await bothInHand();
    payBoth(both);
    shop.alipay.takeNotifications();
    shop.wechatPay.takeNotifications();
    // Two runs of the cron after the looks are due.
    shop.pass(MINUTE_MS);
    await shop.cron();
    shop.pass(MINUTE_MS);
    await shop.cron();
    shop.pass(ORDER_TTL_MS);
    await shop.cron();
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await customer.statusOf(both.orderId)).toBe('paid');
    const moved = movedFen(both.orderNo);
    expect(moved.map(([captured]) => captured)).toEqual([AMOUNT_FEN, AMOUNT_FEN]);
    expect(moved.reduce((sum, [captured, refunded]) => sum + captured - refunded, 0)).toBe(AMOUNT_FEN);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test.each<[string, 'wechat_pay' | 'alipay', (both: { orderString: string; ticket: Ticket }) => Promise<unknown>]>([
    [
      'WeChat',
      'wechat_pay',
      async ({ orderString, ticket }) => {
        payAtWechat(shop, ticket);
        await shop.deliverNotifications(2);
        payAtAlipay(orderString);
      },
    ],
    [
      'Alipay',
      'alipay',
      ({ orderString, ticket }) => {
        payAtAlipay(orderString);
        payAtWechat(shop, ticket);
        return Promise.resolve();
      },
    ],
  ])(
    'and told of, %s first: that one pays, and the other goes back within two runs',
    async (_first, method, payBoth) => {
      const both = await bothInHand();
      await payBoth(both);
      await shop.deliverNotifications(2);
      for (let run = 0; run < 2; run++) {
        shop.pass(MINUTE_MS);
        await shop.cron();
      }
      const detail = await shown(both.orderId);
      expect([detail.status, detail.paymentInfo?.paymentMethod]).toEqual(['paid', method]);
      // What came in beside it is nobody's refund: it was never this order's money.
      expect(detail.refundInfo).toBeNull();
      const kept = method === 'alipay' ? 0 : 1;
      const moved = movedFen(both.orderNo);
      expect([moved[kept], moved[1 - kept]]).toEqual([
        [AMOUNT_FEN, 0],
        [AMOUNT_FEN, AMOUNT_FEN],
      ]);
      expect(seen(await customer.pay(both.orderId))).toEqual(refusal(409, PAID));
    },
  );
});

describe('who is refused', () => {
  test('an order that has run out, from the very millisecond, before and after the cron', async () => {
    const [early, late] = [await customer.newOrder(), await customer.newOrder()];
    shop.pass(ORDER_TTL_MS - 1);
    await customer.newTicket(early.orderId);
    shop.pass(1);
    for (const when of ['before', 'after']) {
      for (const { orderId } of [early, late]) {
        expect([when, seen(await customer.pay(orderId))]).toEqual([when, refusal(409, EXPIRED)]);
        expect([when, seen(await customer.payByAlipay(orderId))]).toEqual([when, refusal(409, EXPIRED)]);
      }
      await shop.cron();
    }
  });

  test('an order that was cancelled, by its customer or by an operator', async () => {
    const [own, operators] = [await customer.newOrder(), await customer.newOrder()];
    await customer.cancel(own.orderId);
    await cancelOrder(operators.orderNo);
    for (const { orderId } of [own, operators])
      expect(seen(await customer.pay(orderId))).toEqual(refusal(409, CANCELLED));
    shop.pass(ORDER_TTL_MS);
    for (const { orderId } of [own, operators])
      expect(seen(await customer.pay(orderId))).toEqual(refusal(409, CANCELLED));
  });

  test('an order that is paid, completed, or refunded', async () => {
    const { orderId, orderNo } = await customer.newPaidOrder();
    expect(seen(await customer.pay(orderId))).toEqual(refusal(409, PAID));
    expect(seen(await customer.payByAlipay(orderId))).toEqual(refusal(409, PAID));
    await completeOrder(orderNo);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(409, PAID));
    await customer.newRefund(orderId, 299);
    await decideOnRefund(orderNo, 'approve');
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await customer.statusOf(orderId)).toBe('refunded');
    expect(seen(await customer.pay(orderId))).toEqual(refusal(409, PAID));
  });
});

/** How often WeChat was asked to prepare a payment. */
function prepays(): number {
  const calls = vi.mocked(globalThis.fetch).mock.calls;
  return calls.filter(([input]) => String(input instanceof Request ? input.url : input).endsWith('/jsapi')).length;
}

describe('everybody at once', () => {
  test('20 pays are one payment: the same prepay_id for all that get one, and WeChat is asked once', async () => {
    for (let round = 0; round < 5; round++) {
      const { orderId, orderNo } = await customer.newOrder();
      const asked = prepays();
      const received = await Promise.all(Array.from({ length: 20 }, () => customer.pay(orderId)));
      const given = received.filter(({ status }) => status === 200).map(ticketOf);
      expect(given.length).toBeGreaterThan(0);
      expect(new Set(given.map((ticket) => ticket.package)).size).toBe(1);
      for (const answer of received.filter(({ status }) => status !== 200)) {
        expect(seen(answer)).toEqual(refusal(409, OPEN, 15));
      }
      expect(prepays() - asked).toBe(1);
      expect(await attempts(orderNo)).toEqual(['0001 wechat-pay pending']);
    }
  });

  test('20 pays by two methods and two openIds leave one payment open, and it pays', async () => {
    for (let round = 0; round < 5; round++) {
      const { orderId, orderNo } = await customer.newOrder();
      const ways = [{}, { openId: OTHER_OPEN_ID }, { paymentMethod: 'alipay', openId: undefined }];
      const received = await Promise.all(
        Array.from({ length: 20 }, (_none, nth) => customer.pay(orderId, ways[nth % 3])),
      );
      for (const { status } of received) expect([200, 409, 502, 503]).toContain(status);
      const live = (await attempts(orderNo)).filter((attempt) => !attempt.endsWith('closed'));
      expect(live.length).toBeLessThan(2);
      payAtWechat(shop, await customer.newTicket(orderId));
      await shop.deliverNotifications();
      expect(await customer.statusOf(orderId)).toBe('paid');
    }
  });
});

describe('money at the wrong time', () => {
  test('for an order that has run out goes back in full, by itself; its order stays cancelled', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const orderString = await customer.newOrderString(orderId);
    shop.pass(ORDER_TTL_MS);
    await shop.cron();
    expect(shop.alipay.pay(orderString, { late: true }).ok).toBe(true);
    await shop.deliverNotifications(2);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(movedFen(orderNo)[0]).toEqual([AMOUNT_FEN, AMOUNT_FEN]);
    const detail = await shown(orderId);
    expect([detail.status, detail.paymentInfo, detail.refundInfo]).toEqual(['cancelled', null, null]);
  });

  test('for an order that was cancelled goes back in full, by itself', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    const orderString = await customer.newOrderString(orderId);
    expect((await customer.cancel(orderId)).status).toBe(200);
    expect(shop.alipay.pay(orderString).ok).toBe(true);
    await shop.deliverNotifications();
    expect(movedFen(orderNo)[0]).toEqual([AMOUNT_FEN, AMOUNT_FEN]);
    expect(await customer.statusOf(orderId)).toBe('cancelled');
  });
});

test('the books agree with both providers once everything has settled', async () => {
  shop.pass(3 * HOUR_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
