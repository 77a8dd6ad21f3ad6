/** The shop hears of everything that happens to its orders: at least once, signed, and always in the same words. */
import { applyD1Migrations, createExecutionContext, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { Webhook as OfficialReceiver } from 'standardwebhooks';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { compose, prepare } from '../../src/compose.ts';
import { deliverNotifications } from '../../src/core/outbox/deliver-notifications.ts';
import type { Services } from '../../src/core/services.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createOutboxStore } from '../../src/db/outbox-store.ts';
import { place, placeAndPay } from '../harness/booking.ts';
import { openShop, type Shop, type Webhook } from '../harness/shop.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let shop: Shop;
/** The log lines of a test that want a person. */
let alerts: string[];

beforeEach(async () => {
  vi.restoreAllMocks();
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  shop = await openShop({ limits: 'off' });
  alerts = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => {
    alerts.push(line);
  });
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});

const idOf = ({ headers }: Webhook) => headers.get('webhook-id');
const ids = () => shop.webhooks.map(idOf);
/** The deliveries of one event. */
const deliveriesOf = (orderId: string, seq: number) =>
  shop.webhooks.filter((webhook) => idOf(webhook) === `msg_${orderId}_${seq}`);

const respondWith = (status: number) => () => new Response('what the receiver says is nobody’s business', { status });

/** What the outbox says of a message. */
async function rowOf(orderId: string, seq: number): Promise<Record<string, unknown> | null> {
  return env.DB.prepare('SELECT status, tries, last_error FROM outbox WHERE order_no = ? AND seq = ?')
    .bind(orderId, seq)
    .first();
}

/** The services of a cron run, for a test that takes one of them away. */
async function servicesOfCron(): Promise<Services> {
  const prepared = await prepare(shop.bindings);
  if (!prepared.ok) throw new Error(prepared.problems.join('; '));
  return compose(shop.bindings, prepared.isolate, createExecutionContext(), 'first-primary').services;
}

const told = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.object({ orderNo: z.string(), seq: z.int(), status: z.string(), to: z.string() }),
});

describe('what the shop is told', () => {
  test('one notification for each event, in the words of the event', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    await shop.deliverNotifications(3);
    await shop.cron();
    const messages = shop.webhooks.map(({ body }) => told.parse(JSON.parse(body)));
    expect(messages.map(({ type, data }) => [type, data.seq, data.status, data.to])).toEqual([
      ['order.placed', 1, 'pending_payment', 'pending_payment'],
      ['attempt.opened', 2, 'pending_payment', 'pending'],
      ['order.paid', 3, 'paid', 'paid'],
    ]);
    expect(ids()).toEqual([1, 2, 3].map((seq) => `msg_${orderId}_${seq}`));
    const events = await env.DB.prepare('SELECT count(*) AS events FROM order_events').first('events');
    expect(events).toBe(3);
  });

  test('is signed as the official receiver wants it', async () => {
    await place(shop);
    await shop.cron();
    const [webhook] = shop.webhooks;
    if (!webhook) throw new Error('nothing was sent');
    const receiver = new OfficialReceiver(env.WEBHOOK_SECRET);
    const headers = Object.fromEntries(webhook.headers);
    expect(receiver.verify(webhook.body, headers)).toEqual(JSON.parse(webhook.body));
    expect(headers['content-type']).toBe('application/json');
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(Date.now() / 1000)));
  });

  test('is refused by the official receiver once anything of it was changed, or is five minutes old', async () => {
    await place(shop);
    await shop.cron();
    const [webhook] = shop.webhooks;
    if (!webhook) throw new Error('nothing was sent');
    const receiver = new OfficialReceiver(env.WEBHOOK_SECRET);
    const headers = Object.fromEntries(webhook.headers);
    const stranger = new OfficialReceiver(`whsec_${btoa('another key of more than 24 bytes')}`);
    expect(() => receiver.verify(`${webhook.body} `, headers)).toThrow('No matching signature');
    expect(() => receiver.verify(webhook.body, { ...headers, 'webhook-id': 'msg_1' })).toThrow('No matching signature');
    expect(() => stranger.verify(webhook.body, headers)).toThrow('No matching signature');
    shop.pass(5 * MINUTE_MS + SECOND_MS);
    expect(() => receiver.verify(webhook.body, headers)).toThrow('timestamp too old');
  });
});

describe('a delivery', () => {
  test.each([200, 201, 202, 204, 299])('that is answered with %d is done, for good', async (status) => {
    shop.answerWebhook(() => new Response(null, { status }));
    const orderId = await place(shop);
    await shop.cron();
    expect(await rowOf(orderId, 1)).toEqual({ status: 'delivered', tries: 1, last_error: null });
    shop.pass(2 * DAY_MS);
    await shop.cron();
    expect(deliveriesOf(orderId, 1)).toHaveLength(1);
  });

  test.each([301, 302, 307, 400, 401, 404, 410, 429, 500, 503])('that is answered with %d is not', async (status) => {
    shop.answerWebhook(() => new Response(null, { status, headers: { location: 'https://elsewhere.example/' } }));
    const orderId = await place(shop);
    await shop.cron();
    expect(await rowOf(orderId, 1)).toEqual({ status: 'pending', tries: 1, last_error: `HTTP ${status}` });
  });

  test('that is not answered at all is not', async () => {
    shop.answerWebhook(() => {
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    });
    const orderId = await place(shop);
    await shop.cron();
    expect(await rowOf(orderId, 1)).toEqual({ status: 'pending', tries: 1, last_error: 'TimeoutError' });
  });

  test('by two runs at once is one', async () => {
    for (let nth = 0; nth < 10; nth++) await place(shop);
    await Promise.all([shop.cron(), shop.cron(), shop.cron()]);
    expect(ids()).toHaveLength(10);
    expect(new Set(ids()).size).toBe(10);
  });

  test('of more than a page takes one run', async () => {
    for (let nth = 0; nth < 65; nth++) await placeAndPay(shop);
    await shop.cron();
    expect(ids()).toHaveLength(130);
    expect(new Set(ids()).size).toBe(130);
  });
});

describe('tries', () => {
  /** The wait after each failed try. */
  const WAITS_MS = [
    10 * SECOND_MS,
    MINUTE_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    DAY_MS,
  ];

  test('come after 10 s, 1, 5, 30 min, 2, 6, 12 h and daily; after the tenth a person is asked', async () => {
    shop.answerWebhook(respondWith(500));
    const orderId = await place(shop);
    await shop.cron();
    for (const [failed, waitMs] of WAITS_MS.entries()) {
      expect(deliveriesOf(orderId, 1)).toHaveLength(failed + 1);
      expect(await rowOf(orderId, 1)).toEqual({ status: 'pending', tries: failed + 1, last_error: 'HTTP 500' });
      shop.pass(waitMs - 1);
      await shop.cron();
      expect(deliveriesOf(orderId, 1)).toHaveLength(failed + 1);
      expect(alerts.filter((line) => line.includes('notification_parked'))).toEqual([]);
      shop.pass(1);
      await shop.cron();
    }
    expect(deliveriesOf(orderId, 1)).toHaveLength(10);
    expect(await rowOf(orderId, 1)).toEqual({ status: 'parked', tries: 10, last_error: 'HTTP 500' });
    const parked = { level: 'alert', event: 'notification_parked', orderNo: orderId, seq: 1 };
    expect(alerts.filter((line) => line.includes('notification_parked'))).toEqual([JSON.stringify(parked)]);
    for (let day = 0; day < 3; day++) {
      shop.pass(DAY_MS);
      await shop.cron();
    }
    expect(deliveriesOf(orderId, 1)).toHaveLength(10);
  });

  test('each come with the first run past their time', async () => {
    shop.answerWebhook(respondWith(500));
    const orderId = await place(shop);
    const minutes: number[] = [];
    for (let minute = 0; minute <= 40; minute++) {
      const before = deliveriesOf(orderId, 1).length;
      await shop.cron();
      if (deliveriesOf(orderId, 1).length > before) minutes.push(minute);
      shop.pass(MINUTE_MS);
    }
    expect(minutes).toEqual([0, 1, 2, 7, 37]);
  });

  test('say the same to the byte under the same id, signed anew', async () => {
    shop.answerWebhook(respondWith(500));
    const { orderId, slip } = await placeAndPay(shop);
    await shop.cron();
    // The order goes on between two tries of its first event.
    shop.alipay.pay(slip.order_str);
    await shop.deliverNotifications();
    shop.pass(10 * SECOND_MS);
    await shop.cron();
    shop.answerWebhook(respondWith(200));
    shop.pass(MINUTE_MS);
    await shop.cron();
    const deliveries = deliveriesOf(orderId, 1);
    expect(deliveries).toHaveLength(3);
    expect(new Set(deliveries.map(({ body }) => body)).size).toBe(1);
    expect(new Set(deliveries.map(({ headers }) => headers.get('webhook-timestamp'))).size).toBe(3);
    expect(new Set(deliveries.map(({ headers }) => headers.get('webhook-signature'))).size).toBe(3);
    expect(await rowOf(orderId, 1)).toEqual({ status: 'delivered', tries: 3, last_error: null });
  });

  test('begin anew when an operator sends a parked one again', async () => {
    shop.answerWebhook(respondWith(500));
    const orderId = await place(shop);
    await shop.cron();
    await env.DB.prepare("UPDATE outbox SET status = 'parked', tries = 10").run();
    const store = createOutboxStore(openDatabase(env.DB, 'first-primary').db);
    const [parked] = await store.list({ status: 'parked', beforeId: null, limit: 10 });
    if (!parked) throw new Error('nothing is parked');
    await store.redeliver(parked.id, Date.now());
    await shop.cron();
    expect(await rowOf(orderId, 1)).toEqual({ status: 'pending', tries: 1, last_error: 'HTTP 500' });
    shop.answerWebhook(respondWith(200));
    shop.pass(10 * SECOND_MS);
    await shop.cron();
    expect(await rowOf(orderId, 1)).toEqual({ status: 'delivered', tries: 2, last_error: null });
    expect(new Set(deliveriesOf(orderId, 1).map(({ body }) => body)).size).toBe(1);
  });
});

/** How long a claimed page belongs to the run that claimed it: longer than the slowest shop takes. */
const LEASE_MS = 180 * SECOND_MS;

/** What the platform does to a run in the middle of it. */
const dies = () => Promise.reject(new Error('the run ends here'));

describe('at least once', () => {
  test('a run that dies after sending sends again: the same message, which the receiver can tell', async () => {
    const orderId = await place(shop);
    const services = await servicesOfCron();
    const outbox = { ...services.outbox, markDelivered: dies, markFailed: dies };
    await expect(deliverNotifications({ ...services, outbox })).rejects.toThrow('the run ends here');
    expect(deliveriesOf(orderId, 1)).toHaveLength(1);
    shop.pass(LEASE_MS);
    await shop.cron();
    const [first, second] = deliveriesOf(orderId, 1);
    expect(second?.body).toBe(first?.body);
    expect(await rowOf(orderId, 1)).toMatchObject({ status: 'delivered' });
  });

  test('a run that dies before sending loses nothing', async () => {
    const orderId = await place(shop);
    const services = await servicesOfCron();
    const sender = { send: dies };
    await expect(deliverNotifications({ ...services, sender })).rejects.toThrow('the run ends here');
    shop.pass(LEASE_MS);
    await shop.cron();
    expect(deliveriesOf(orderId, 1)).toHaveLength(1);
  });

  test('without an address nothing is sent and nothing is lost; with one, all of it is', async () => {
    const url = env.WEBHOOK_URL;
    shop = await openShop({ limits: 'off', vars: { WEBHOOK_URL: '' } });
    const orderId = await place(shop);
    for (let day = 0; day < 15; day++) {
      await shop.cron();
      shop.pass(DAY_MS);
    }
    expect(shop.webhooks).toEqual([]);
    expect(await rowOf(orderId, 1)).toEqual({ status: 'pending', tries: 0, last_error: null });
    shop = await openShop({ limits: 'off', vars: { WEBHOOK_URL: url } });
    shop.pass(15 * DAY_MS);
    await shop.cron();
    expect(deliveriesOf(orderId, 1)).toHaveLength(1);
    expect(deliveriesOf(orderId, 2)).toHaveLength(1);
  });
});

describe('a receiver that is slow, or chokes on one message', () => {
  test('hears the others all the same', async () => {
    const orders: string[] = [];
    for (let nth = 0; nth < 15; nth++) orders.push(await place(shop));
    const poison = `msg_${orders[3]}_1`;
    shop.answerWebhook((webhook) => new Response(null, { status: idOf(webhook) === poison ? 500 : 204 }));
    await shop.cron();
    const rows = await Promise.all(orders.map((orderId) => rowOf(orderId, 1)));
    expect(rows.map((row) => row?.['status'])).toEqual(orders.map((_, nth) => (nth === 3 ? 'pending' : 'delivered')));
  });

  test('does not keep the others waiting for its answer to one', async () => {
    const orders: string[] = [];
    for (let nth = 0; nth < 5; nth++) orders.push(await place(shop));
    const slow = Promise.withResolvers<Response>();
    const answered: (string | null)[] = [];
    // The first message is answered only once all the others have been: in a row, they would wait for ever.
    shop.answerWebhook((webhook) => {
      if (idOf(webhook) === `msg_${orders[0]}_1`) return slow.promise;
      answered.push(idOf(webhook));
      if (answered.length === 4) slow.resolve(new Response(null, { status: 204 }));
      return new Response(null, { status: 204 });
    });
    await shop.cron();
    expect(answered).toEqual(orders.slice(1).map((orderId) => `msg_${orderId}_1`));
    expect(await rowOf(orders[0] ?? '', 1)).toMatchObject({ status: 'delivered' });
  });

  test('holds up no order and no refund', async () => {
    shop.answerWebhook(() => {
      throw new TypeError('Network connection lost.');
    });
    const orderId = await place(shop);
    shop.pass(30 * MINUTE_MS);
    await shop.cron();
    expect(await env.DB.prepare('SELECT status FROM orders WHERE order_no = ?').bind(orderId).first('status')).toBe(
      'expired',
    );
    expect((await shop.send('/ready', { token: null })).status).toBe(200);
  });
});
