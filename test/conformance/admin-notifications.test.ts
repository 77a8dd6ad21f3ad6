/** The operator API's outbox: what the shop was told, what it did not take, and telling it again. */
import { env } from 'cloudflare:workers';
import { Webhook } from 'standardwebhooks';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './admin-answers.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { type Customer, customerOf } from './customer.ts';

const DAY_MS = 86_400_000;

let shop: Shop;
let operator: Operator;
let customer: Customer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
  customer = customerOf(shop);
});

async function listed(query = '') {
  const received = await operator.get(`/notifications?limit=100${query}`);
  expect(received.status).toBe(200);
  return answers.notificationPage.parse(received.json).items;
}

const of = (status: string, orderNo: string) =>
  listed(`&status=${status}`).then((all) => all.filter((one) => one.orderNo === orderNo));

/** Runs the cron often enough for ten tries of whatever waits. */
async function untilParked(): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    await shop.cron();
    shop.pass(DAY_MS);
  }
}

test('one waits, then it is delivered, with all its fields', async () => {
  const orderNo = await customer.newOrder();
  const [waiting, ...others] = await of('pending', orderNo);
  const at = new Date(Date.now()).toISOString();
  const told = { id: waiting?.id, type: 'order_placed', orderNo, seq: 1, lastError: null };
  expect([waiting, others]).toEqual([{ ...told, status: 'pending', tries: 0, nextAt: at, deliveredAt: null }, []]);
  await shop.cron();
  expect(await of('pending', orderNo)).toEqual([]);
  expect(await of('delivered', orderNo)).toEqual([
    { ...told, status: 'delivered', tries: 1, nextAt: null, deliveredAt: at },
  ]);
});

test('one that the shop does not take is parked, and delivered again when an operator says so', async () => {
  shop.answerWebhook(() => new Response(null, { status: 500 }));
  const orderNo = await customer.newOrder();
  await shop.cron();
  const [failed] = await of('pending', orderNo);
  expect(failed).toMatchObject({ tries: 1, nextAt: new Date(Date.now() + 10_000).toISOString(), deliveredAt: null });
  await untilParked();
  const parked = await of('parked', orderNo);
  expect(parked.map(({ type }) => type)).toContain('order_placed');
  const placed = parked.find(({ type }) => type === 'order_placed');
  expect(placed).toMatchObject({
    tries: 10,
    nextAt: null,
    deliveredAt: null,
    lastError: expect.stringContaining('500'),
  });

  shop.answerWebhook(() => new Response(null, { status: 204 }));
  shop.webhooks.splice(0);
  await shop.cron();
  const told = () => shop.webhooks.filter(({ body }) => body.includes(orderNo) && body.includes('order.placed'));
  expect(told()).toEqual([]);

  const again = await operator.post(`/notifications/${placed?.id}/redeliver`);
  expect([again.status, again.json]).toEqual([202, { id: placed?.id, status: 'pending' }]);
  expect(answers.redeliveredAnswer.safeParse(again.json).success).toBe(true);
  expect((await of('pending', orderNo)).map(({ id, tries, lastError }) => [id, tries, lastError])).toEqual([
    [placed?.id, 0, null],
  ]);
  await shop.cron();
  expect(told()).toHaveLength(1);
  expect((await of('delivered', orderNo)).map(({ id }) => id)).toContain(placed?.id);

  const [webhook] = told();
  const verified: unknown = new Webhook(env.WEBHOOK_SECRET ?? '').verify(
    webhook?.body ?? '',
    Object.fromEntries(webhook?.headers ?? []),
  );
  expect(verified).toMatchObject({ type: 'order.placed', data: { orderNo, seq: 1, to: 'pending_payment' } });
  expect(webhook?.headers.get('webhook-id')).toBe(`msg_${orderNo}_1`);
});

test('one that was delivered can be delivered again: the same message to the byte', async () => {
  const orderNo = await customer.newOrder();
  await shop.cron();
  const [delivered] = await of('delivered', orderNo);
  expect((await operator.post(`/notifications/${delivered?.id}/redeliver`, {})).status).toBe(202);
  shop.pass(60_000);
  await shop.cron();
  const told = shop.webhooks.filter(({ body }) => body.includes(orderNo));
  expect(told).toHaveLength(2);
  expect(new Set(told.map(({ body, headers }) => body + headers.get('webhook-id'))).size).toBe(1);
});

test('newest first, page by page: no gap, none twice', async () => {
  for (let nth = 0; nth < 15; nth++) await customer.newOrder();
  const all = (await listed()).map(({ id }) => id);
  expect(all.length).toBeGreaterThan(15);
  expect(all).toEqual(all.toSorted((a, b) => b - a));
  const paged: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const path: string = `/notifications?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = answers.notificationPage.parse((await operator.get(path)).json);
    paged.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(all);
});

test('there is one for each line of the log', async () => {
  const { orderId: orderNo } = await customer.paidOrder();
  const { log } = z
    .object({ log: z.array(z.object({ seq: z.int(), type: z.string() })) })
    .parse((await operator.get(`/orders/${orderNo}`)).json);
  const told = (await listed()).filter((one) => one.orderNo === orderNo).map(({ seq, type }) => ({ seq, type }));
  expect(told.toReversed()).toEqual(log);
});

test('an unknown one is 404', async () => {
  expect(problemOf(await operator.post('/notifications/123456789/redeliver'))).toEqual([404, 'notification_not_found']);
});
