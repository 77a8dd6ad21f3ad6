/** Technician booking, as its document prints it. */
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { openShop, type Shop } from '../harness/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});

const placed = z.object({ data: z.object({ order_id: z.string() }) });
const started = z.object({ data: z.object({ payment_id: z.string(), order_str: z.string() }) });

test('an order is placed, paid and refunded', async () => {
  const order = { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 };
  const { data: booked } = placed.parse((await shop.send('/V1/order', { body: order })).json);
  const body = { order_id: booked.order_id };
  const { data: slip } = started.parse((await shop.send('/V1/order/pay', { body })).json);
  shop.alipay.pay(slip.order_str);
  expect((await shop.deliverNotifications(2)).map(({ text }) => text)).toEqual(['success', 'success']);
  const detail = await shop.send(`/V1/order/${booked.order_id}`);
  expect(detail.json).toMatchObject({ data: { status: 1, service_item: { sold_count: 121 } } });
  expect((await shop.send('/V1/order/pay/refund', { body })).json).toMatchObject({
    data: { payment_id: slip.payment_id, pay_amount: 19600, status: 0 },
  });
});
