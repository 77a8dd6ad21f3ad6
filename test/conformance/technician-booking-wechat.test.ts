/** Technician booking paid by WeChat, which its document leaves to be written: slips, notifications and refunds. */
import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { ticketOf, type WechatSlip, wechatSlipOf } from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { PAYER } from '../sandbox/wechat-pay/payer.ts';
import { deliver, type Letter, openShop, type Received, type Shop } from '../harness/shop.ts';
import { refundAnswer, wechatStartedAnswer } from './booking-answers.ts';
import { type Customer, customerOf } from './customer.ts';
import { cancelOrder, decideOnRefund } from './operator-desk.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts, rowsAsText } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const SLIP_MS = 120_000;
const MINUTE_MS = 60_000;

const OPEN = '该订单正在支付，请稍后';
const UNAVAILABLE = '支付渠道暂时不可用，请稍后重试';
const PAID = '该订单已支付成功，请勿重复支付';
const ASKED = '已发起退款申请，请耐心等待';

let shop: Shop;
const logLines: string[] = [];
beforeAll(async () => {
  shop = await openShop();
  for (const method of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((...words: unknown[]) => {
      logLines.push(words.map(String).join(' '));
    });
  }
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.wechatPay.refunds.setCourse('on_query');
  shop.wechatPay.signer.use('current');
  shop.wechatPay.takeNotifications();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const newCustomer = (): Customer => customerOf(shop);
const newOrder = (customer: Customer): Promise<string> => customer.newOrder({ pay_type: 2 });
const newSlip = async (customer: Customer, orderId: string): Promise<WechatSlip> =>
  wechatSlipOf(await customer.pay(orderId));

/** A customer with an order, and a slip for it. */
async function customerWithSlip(): Promise<{ customer: Customer; orderId: string; slip: WechatSlip }> {
  const customer = newCustomer();
  const orderId = await newOrder(customer);
  return { customer, orderId, slip: await newSlip(customer, orderId) };
}

/** A customer whose order is paid, and whose shop has heard of it. */
async function customerWhoPaid(): Promise<{ customer: Customer; orderId: string; slip: WechatSlip }> {
  const started = await customerWithSlip();
  payAtWechat(started.slip);
  await shop.deliverNotifications();
  return started;
}

/** The payer pays. `late` is money that was on its way when the slip ran out. Throws where WeChat refuses. */
function payAtWechat(slip: WechatSlip, options: { late?: boolean } = {}): void {
  const outcome = shop.wechatPay.pay(ticketOf(slip), options);
  if (!outcome.ok) throw new Error(`WeChat refused: ${outcome.code}`);
}

/** What WeChat has to say, when it is one thing. */
function takeNotification(): Letter {
  const [notification, ...others] = shop.wechatPay.takeNotifications();
  if (!notification || others.length > 0) throw new Error('WeChat has not one thing to say');
  return notification;
}

const post = ({ url, headers, body }: Letter): Promise<Received> => deliver(url, body, headers);

const statusSchema = z.object({ data: z.object({ status: z.int() }) });
async function statusOf(customer: Customer, orderId: string): Promise<number> {
  return statusSchema.parse((await customer.detail(orderId)).json).data.status;
}

async function attempts(orderId: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    'SELECT out_trade_no, status FROM payment_attempts WHERE order_no = ?1 ORDER BY out_trade_no',
  )
    .bind(orderId)
    .all();
  return results;
}

const refundRow = z.object({ refund_no: z.string(), status: z.string() });
async function refunds(orderId: string): Promise<z.output<typeof refundRow>[]> {
  const { results } = await env.DB.prepare('SELECT refund_no, status FROM refunds WHERE order_no = ?1 ORDER BY id')
    .bind(orderId)
    .all();
  return results.map((row) => refundRow.parse(row));
}

/** Captured at WeChat, and given back there, in fen. */
function movedFen({ payment_id: paymentId }: WechatSlip): [captured: number, refunded: number] {
  return [shop.wechatPay.ledger.capturedFen(paymentId), shop.wechatPay.ledger.refundedFen(paymentId)];
}

describe('the slip', () => {
  test("is what WeChat's app takes, key for key, signed by the merchant just now", async () => {
    const customer = newCustomer();
    const orderId = await newOrder(customer);
    const received = await customer.pay(orderId);
    expect([received.status, received.headers.get('content-type')]).toEqual([200, 'application/json']);
    const { data } = wechatStartedAnswer.parse(received.json);
    expect(Object.keys(data)).toEqual([
      'payment_id',
      'appid',
      'partnerid',
      'prepayid',
      'package',
      'noncestr',
      'timestamp',
      'sign',
    ]);
    expect(data).toMatchObject({
      payment_id: `${orderId}0001`,
      appid: env.WECHAT_APP_ID,
      partnerid: env.WECHAT_MCH_ID,
      timestamp: String(Math.floor(Date.now() / 1000)),
    });
    const text = `${data.appid}\n${data.timestamp}\n${data.noncestr}\n${data.prepayid}\n`;
    const merchantKey = createPublicKey(env.SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY);
    expect(verify('RSA-SHA256', Buffer.from(text), merchantKey, Buffer.from(data.sign, 'base64'))).toBe(true);
  });

  test('stands for the order at WeChat: its price, its title, its end, and where to tell of it', async () => {
    const { slip } = await customerWithSlip();
    expect(shop.wechatPay.ledger.trade(slip.payment_id)).toMatchObject({
      amountFen: 19_600,
      subject: '1号技师的项目二',
      payableUntilMs: Date.now() + SLIP_MS,
      notifyUrl: 'https://orders.example/callback/wechat',
    });
  });

  test('pays the order as soon as WeChat tells of it, and is acknowledged with an empty 200', async () => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    expect(await statusOf(customer, orderId)).toBe(0);
    const answers = await shop.deliverNotifications(2);
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [200, ''],
      [200, ''],
    ]);
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, PAID));
    expect(movedFen(slip)).toEqual([19_600, 0]);
  });

  test('is open for 120 s to the millisecond; then the old one is asked about, closed, and followed by another', async () => {
    const { customer, orderId, slip: first } = await customerWithSlip();
    const before = await rowCounts();
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
    shop.pass(SLIP_MS - 1);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 1));
    expect(await rowCounts()).toEqual(before);
    shop.pass(1);
    const second = await newSlip(customer, orderId);
    expect([first.payment_id, second.payment_id]).toEqual([`${orderId}0001`, `${orderId}0002`]);
    expect(shop.wechatPay.ledger.trade(first.payment_id)?.closedBy).toBe('merchant');
    expect(shop.wechatPay.pay(ticketOf(first), { late: true })).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect(await attempts(orderId)).toEqual([
      { out_trade_no: first.payment_id, status: 'closed' },
      { out_trade_no: second.payment_id, status: 'pending' },
    ]);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
  });

  test('paid unheard, it is found when the customer comes back: no second slip', async () => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    shop.wechatPay.takeNotifications();
    shop.pass(SLIP_MS);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, PAID));
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(await attempts(orderId)).toHaveLength(1);
  });

  test('paid unheard, it is found by the cron', async () => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    shop.wechatPay.takeNotifications();
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('given up by its customer it is closed at WeChat, and another one may start at once', async () => {
    const { customer, orderId, slip: first } = await customerWithSlip();
    expect((await customer.cancelPayment(first.payment_id)).text).toBe('{"message":"取消成功","code":0,"data":[]}');
    expect(shop.wechatPay.pay(ticketOf(first))).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    const second = await newSlip(customer, orderId);
    payAtWechat(second);
    await shop.deliverNotifications();
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('given up after it was paid unheard it pays its order', async () => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    await customer.cancelPayment(slip.payment_id);
    expect(await statusOf(customer, orderId)).toBe(1);
    await shop.deliverNotifications();
    expect(movedFen(slip)).toEqual([19_600, 0]);
  });

  test('of an order with less than a minute left ends a minute from now at WeChat, which takes none shorter', async () => {
    const customer = newCustomer();
    const orderId = await newOrder(customer);
    shop.pass(ORDER_TTL_MS - 10_000);
    const slip = await newSlip(customer, orderId);
    expect(shop.wechatPay.ledger.trade(slip.payment_id)?.payableUntilMs).toBe(Date.now() + MINUTE_MS);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 10));
  });
});

const LOST = (['before', 'after'] as const).flatMap((when) =>
  (['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const).map((kind) => ({ when, kind })),
);

describe('while WeChat does not answer', () => {
  test.each(LOST)('with $kind $when, the customer comes back and goes on with the same number', async (fault) => {
    const customer = newCustomer();
    const orderId = await newOrder(customer);
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', ...fault });
    expect(seen(await customer.pay(orderId))).toEqual(refusal(502, UNAVAILABLE, 5));
    expect(await attempts(orderId)).toEqual([{ out_trade_no: `${orderId}0001`, status: 'opening' }]);
    const slip = await newSlip(customer, orderId);
    expect(slip.payment_id).toBe(`${orderId}0001`);
    payAtWechat(slip);
    await shop.deliverNotifications();
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(movedFen(slip)).toEqual([19_600, 0]);
  });

  test('the customer who comes back after the slip would have ended gets another number', async () => {
    const customer = newCustomer();
    const orderId = await newOrder(customer);
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'after', kind: 'timeout' });
    expect((await customer.pay(orderId)).status).toBe(502);
    shop.pass(SLIP_MS);
    const slip = await newSlip(customer, orderId);
    expect(slip.payment_id).toBe(`${orderId}0002`);
    expect(shop.wechatPay.ledger.trade(`${orderId}0001`)?.closedBy).toBe('merchant');
  });

  test.each(['before', 'after'] as const)(
    'lost %s, the customer who comes back too late for WeChat to take the rest of the slip gets another number',
    async (when) => {
      const customer = newCustomer();
      const orderId = await newOrder(customer);
      shop.wechatPay.faults.plan({ method: 'wechat.prepay', when, kind: 'timeout' });
      expect((await customer.pay(orderId)).status).toBe(502);
      shop.pass(SLIP_MS - MINUTE_MS + 1);
      const slip = await newSlip(customer, orderId);
      expect(await attempts(orderId)).toEqual([
        { out_trade_no: `${orderId}0001`, status: 'closed' },
        { out_trade_no: slip.payment_id, status: 'pending' },
      ]);
      payAtWechat(slip);
      await shop.deliverNotifications();
      expect(await statusOf(customer, orderId)).toBe(1);
    },
  );

  test('an order that is deleted while WeChat prepares its slip gets none, and WeChat closes what it prepared', async () => {
    const customer = newCustomer();
    const orderId = await newOrder(customer);
    vi.mocked(globalThis.fetch).mockImplementationOnce(async (input, init) => {
      const prepay = new Request(input, init);
      expect((await customer.remove(orderId)).status).toBe(200);
      return shop.wechatPay.fetch(prepay);
    });
    expect((await customer.pay(orderId)).status).toBe(503);
    expect(shop.wechatPay.ledger.trade(`${orderId}0001`)?.closedBy).toBe('merchant');
    expect(seen(await customer.pay(orderId))).toEqual(refusal(404, '该订单不存在'));
  });

  test.each(['NO_AUTH', 'PARAM_ERROR', 'APPID_MCHID_NOT_MATCH'])(
    'what it refuses for good with %s is over, and the next call starts anew',
    async (subCode) => {
      const customer = newCustomer();
      const orderId = await newOrder(customer);
      shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'before', kind: 'refused', subCode });
      expect(seen(await customer.pay(orderId))).toEqual(refusal(502, UNAVAILABLE));
      expect(await attempts(orderId)).toEqual([{ out_trade_no: `${orderId}0001`, status: 'failed' }]);
      expect((await newSlip(customer, orderId)).payment_id).toBe(`${orderId}0002`);
    },
  );

  test.each(LOST)('with $kind $when, a slip past its end stays as it is', async (fault) => {
    const { customer, orderId, slip } = await customerWithSlip();
    shop.pass(SLIP_MS);
    const before = await rowCounts();
    shop.wechatPay.faults.plan({ method: 'wechat.query', ...fault });
    expect(seen(await customer.pay(orderId))).toEqual(refusal(502, UNAVAILABLE, 5));
    expect(await rowCounts()).toEqual(before);
    expect(await attempts(orderId)).toEqual([{ out_trade_no: slip.payment_id, status: 'pending' }]);
    expect((await newSlip(customer, orderId)).payment_id).toBe(`${orderId}0002`);
  });
});

const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;

/** The same message under somebody else's signature. */
function forged({ url, headers, body }: Letter): Letter {
  const text = `${headers['wechatpay-timestamp']}\n${headers['wechatpay-nonce']}\n${body}\n`;
  const signature = sign('RSA-SHA256', Buffer.from(text), stranger).toString('base64');
  return { url, body, headers: { ...headers, 'wechatpay-signature': signature } };
}

const withHeader = (letter: Letter, name: string, value: string): Letter => ({
  ...letter,
  headers: { ...letter.headers, [name]: value },
});

const withoutSignature = (letter: Letter): Letter => ({
  ...letter,
  headers: Object.fromEntries(Object.entries(letter.headers).filter(([name]) => name !== 'wechatpay-signature')),
});

const UNKNOWN_SERIAL = '1111111111111111111111111111111111111111';

describe('the callback', () => {
  test.each<[string, (letter: Letter) => Letter]>([
    ['another signed', forged],
    ['is unsigned', withoutSignature],
    ['was changed on the way', (letter) => ({ ...letter, body: letter.body.replace('支付成功', '支付失败') })],
    ['has a blank too many', (letter) => ({ ...letter, body: `${letter.body} ` })],
    ['has another time', (letter) => withHeader(letter, 'wechatpay-timestamp', String(Date.now() / 1000 + 1))],
    ['is signed under an unknown serial', (letter) => withHeader(letter, 'wechatpay-serial', UNKNOWN_SERIAL)],
    [
      'is signed under the other key',
      (letter) => withHeader(letter, 'wechatpay-serial', env.SANDBOX_WECHAT_NEXT_PLATFORM_SERIAL),
    ],
    ['is a probe', (letter) => withHeader(letter, 'wechatpay-signature', 'WECHATPAY/SIGNTEST/AAAA')],
  ])('refuses what %s, and changes nothing; the real one still counts', async (_what, change) => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    const notification = takeNotification();
    const before = await rowCounts();
    const answer = await post(change(notification));
    expect([answer.status, answer.text]).toEqual([400, '{"code":"FAIL","message":"not authentic"}']);
    expect(await rowCounts()).toEqual(before);
    expect(await statusOf(customer, orderId)).toBe(0);
    expect((await post(notification)).status).toBe(200);
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('refuses what was signed more than five minutes ago, and takes it signed again', async () => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    const [notification] = shop.wechatPay.takeNotifications();
    if (!notification) throw new Error('WeChat had nothing to say');
    shop.pass(301_000);
    const before = await rowCounts();
    expect((await post(notification)).status).toBe(400);
    expect(await rowCounts()).toEqual(before);
    expect((await post(shop.wechatPay.signAgain(notification))).status).toBe(200);
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test.each(['current', 'next'] as const)('and the answers believe the %s platform key', async (which) => {
    shop.wechatPay.signer.use(which);
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    const [answer] = await shop.deliverNotifications();
    expect(answer?.status).toBe(200);
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test.each(['/callback/wechat', '/V1/callback/wechat', '/callback/wechat/', '/V1/callback/wechat/'])(
    'at %s takes the notification',
    async (path) => {
      const { customer, orderId, slip } = await customerWithSlip();
      payAtWechat(slip);
      const answer = await post({ ...takeNotification(), url: `https://orders.example${path}` });
      expect([answer.status, answer.text]).toEqual([200, '']);
      expect(await statusOf(customer, orderId)).toBe(1);
    },
  );

  test('is told of money by query and by notification, and counts it once', async () => {
    const { customer, orderId, slip } = await customerWithSlip();
    payAtWechat(slip);
    const notification = takeNotification();
    await customer.cancelPayment(slip.payment_id);
    expect((await post(notification)).status).toBe(200);
    expect(movedFen(slip)).toEqual([19_600, 0]);
    expect(await statusOf(customer, orderId)).toBe(1);
  });
});

/** Asks for the money back and has an operator say yes. */
async function approvedRefund(customer: Customer, orderId: string): Promise<string> {
  expect(refundAnswer.parse((await customer.refund(orderId)).json).data).toMatchObject({ status: 0, pay_type: 2 });
  await decideOnRefund(orderId, 'approve');
  return (await refunds(orderId)).at(-1)?.refund_no ?? '';
}

describe('a refund', () => {
  test('is not sent before an operator has approved it', async () => {
    const { customer, orderId, slip } = await customerWhoPaid();
    await customer.refund(orderId);
    expect(shop.wechatPay.refunds.of(slip.payment_id)).toEqual([]);
    expect(seen(await customer.refund(orderId))).toEqual(refusal(429, ASKED));
    await decideOnRefund(orderId, 'reject');
    expect(shop.wechatPay.refunds.of(slip.payment_id)).toEqual([]);
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('is over when WeChat tells of its end, not when it is accepted', async () => {
    shop.wechatPay.refunds.setCourse('when_told');
    const { customer, orderId, slip } = await customerWhoPaid();
    const refundNo = await approvedRefund(customer, orderId);
    expect(shop.wechatPay.refunds.find(refundNo)?.status).toBe('PROCESSING');
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(await refunds(orderId)).toEqual([{ refund_no: refundNo, status: 'processing' }]);
    shop.wechatPay.refunds.end(refundNo, 'SUCCESS');
    const notification = takeNotification();
    expect(new URL(notification.url).pathname).toBe('/callback/wechat/refund');
    const answer = await post(notification);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(await statusOf(customer, orderId)).toBe(3);
    expect(await refunds(orderId)).toEqual([{ refund_no: refundNo, status: 'succeeded' }]);
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
    expect(seen(await customer.refund(orderId))).toEqual(refusal(429, ASKED));
  });

  test('whose notification is lost is found by the cron', async () => {
    const { customer, orderId, slip } = await customerWhoPaid();
    await approvedRefund(customer, orderId);
    expect(await statusOf(customer, orderId)).toBe(1);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await statusOf(customer, orderId)).toBe(3);
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
  });

  test('that WeChat closes has failed, and may be asked for again under another number', async () => {
    shop.wechatPay.refunds.setCourse('closed');
    const { customer, orderId, slip } = await customerWhoPaid();
    const first = await approvedRefund(customer, orderId);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await refunds(orderId)).toEqual([{ refund_no: first, status: 'failed' }]);
    expect(await statusOf(customer, orderId)).toBe(1);
    shop.wechatPay.refunds.setCourse('at_once');
    const second = await approvedRefund(customer, orderId);
    expect(second).not.toBe(first);
    expect(await statusOf(customer, orderId)).toBe(3);
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
  });

  test("that the payer's bank sends back is under way until it is settled by hand", async () => {
    shop.wechatPay.refunds.setCourse('abnormal');
    const { customer, orderId, slip } = await customerWhoPaid();
    const refundNo = await approvedRefund(customer, orderId);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await refunds(orderId)).toEqual([{ refund_no: refundNo, status: 'processing' }]);
    expect(seen(await customer.refund(orderId))).toEqual(refusal(429, ASKED));
    shop.wechatPay.refunds.end(refundNo, 'SUCCESS');
    await shop.deliverNotifications();
    expect(await statusOf(customer, orderId)).toBe(3);
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
  });

  test('is believed only from WeChat: a forged notification asks nobody anything', async () => {
    shop.wechatPay.refunds.setCourse('when_told');
    const { customer, orderId } = await customerWhoPaid();
    const refundNo = await approvedRefund(customer, orderId);
    shop.wechatPay.refunds.end(refundNo, 'SUCCESS');
    expect((await post(forged(takeNotification()))).status).toBe(400);
    expect(await statusOf(customer, orderId)).toBe(1);
  });
});

/** Money that WeChat lets through on a payment that it had closed, which its cashier never would; and what it says. */
function payThoughClosed({ payment_id: paymentId }: WechatSlip): Letter {
  const { ledger } = shop.wechatPay;
  const trade = ledger.trade(paymentId);
  if (trade?.closedBy !== 'merchant') throw new Error('WeChat had not closed it');
  ledger.append(paymentId, { type: 'captured', amountFen: trade.amountFen }, Date.now());
  const resource = {
    appid: env.WECHAT_APP_ID,
    mchid: env.WECHAT_MCH_ID,
    out_trade_no: paymentId,
    transaction_id: trade.transactionId,
    trade_state: 'SUCCESS',
    success_time: '2022-11-22T17:00:00+08:00',
    payer: { openid: OPEN_ID },
    amount: { total: trade.amountFen, payer_total: trade.amountFen, currency: 'CNY' },
  };
  const event = { eventType: 'TRANSACTION.SUCCESS', summary: '支付成功', associatedData: 'transaction', resource };
  return { url: trade.notifyUrl, ...shop.wechatPay.signNotification(event) };
}

const OPEN_ID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';

describe('money at the wrong time', () => {
  test.each<[string, number | null, (customer: Customer, orderId: string) => Promise<unknown>]>([
    [
      'ran out',
      0,
      () => {
        shop.pass(ORDER_TTL_MS);
        return shop.cron();
      },
    ],
    ['was cancelled by an operator', 2, (_customer, orderId) => cancelOrder(orderId)],
    ['was deleted', null, (customer, orderId) => customer.remove(orderId)],
  ])('for an order that %s goes back in full, by itself', async (_what, status, end) => {
    const { customer, orderId, slip } = await customerWithSlip();
    await end(customer, orderId);
    const notification = payThoughClosed(slip);
    for (const answer of [await post(notification), await post(notification)]) expect(answer.status).toBe(200);
    expect((await refunds(orderId)).map((refund) => refund.status)).toEqual(['processing']);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect((await refunds(orderId)).map((refund) => refund.status)).toEqual(['succeeded']);
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
    const shown = z
      .object({ data: z.object({ status: z.int() }).nullable() })
      .parse((await customer.detail(orderId)).json);
    expect(shown.data?.status ?? null).toBe(status);
  });

  test('for a slip that was followed by another pays the order, and what comes second goes back in full', async () => {
    const { customer, orderId, slip: first } = await customerWithSlip();
    await customer.cancelPayment(first.payment_id);
    const second = await newSlip(customer, orderId);
    await post(payThoughClosed(first));
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(shop.wechatPay.pay(ticketOf(second))).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    await post(payThoughClosed(second));
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect([movedFen(first), movedFen(second)]).toEqual([
      [19_600, 0],
      [19_600, 19_600],
    ]);
  });
});

test('nothing that leads to a payer can be read in any table or log line', async () => {
  const { customer, orderId, slip } = await customerWhoPaid();
  await approvedRefund(customer, orderId);
  const { customer: other, orderId: cancelled, slip: closed } = await customerWithSlip();
  await other.remove(cancelled);
  await post(payThoughClosed(closed));
  shop.pass(MINUTE_MS);
  await shop.cron();
  shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'after', kind: 'malformed' });
  await other.pay(await newOrder(other));

  const rows = await rowsAsText();
  const sealed = await sealedTexts();
  expect(sealed.length).toBeGreaterThan(1);
  expect(logLines.length).toBeGreaterThan(0);
  const tellTales = [slip.prepayid, closed.prepayid, slip.sign, slip.noncestr, OPEN_ID, PAYER.openid];
  for (const text of [...rows, ...logLines]) {
    expect(tellTales.filter((one) => text.includes(one))).toEqual([]);
    expect(text).not.toMatch(/wx20\d{12}|openid|prepay_id/i);
  }
  for (const line of logLines) expect(sealed.filter((one) => line.includes(one))).toEqual([]);
  // Outside of its own column nothing of it stands anywhere: not in the log of the order, not in what shops are told.
  const elsewhere = rows.filter((row) => !row.startsWith('personal_data:'));
  for (const row of elsewhere) expect(sealed.filter((one) => row.includes(one))).toEqual([]);
});

/** What the vault has sealed, as it is kept. */
async function sealedTexts(): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT sealed FROM personal_data').all();
  return results.map((row) => z.object({ sealed: z.string() }).parse(row).sealed);
}
