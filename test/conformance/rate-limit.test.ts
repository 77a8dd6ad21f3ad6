/** 600 requests a minute for each user, or for each address without a token, through the binding of wrangler.toml. */
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test, vi } from 'vitest';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const LIMIT = 600;
const TOO_MANY = refusal(429, '请求过于频繁，请稍后再试', 60);
const ORDER = '2022112200000000000000';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});

/** The minute by the limiter's own clock, which no test can stop. */
function minute(): number {
  return Math.floor(vi.getRealSystemTime() / 60_000);
}

/**
 * Asks 600 times within one of the limiter's minutes, and gives what asked. A burst that a new minute falls into says
 * nothing; then a newcomer asks again, and 600 requests take a few seconds.
 */
async function exhaust<Asker>(newcomer: () => Asker, ask: (asker: Asker) => Promise<Received>): Promise<Asker> {
  for (let tries = 0; tries < 3; tries++) {
    const asker = newcomer();
    const startedIn = minute();
    const statuses = new Set<number>();
    for (let sent = 0; sent < LIMIT; sent += 50) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(asker)));
      for (const { status } of answers) statuses.add(status);
    }
    if (minute() !== startedIn) continue;
    expect([...statuses]).not.toContain(429);
    return asker;
  }
  throw new Error('600 requests take longer than a minute');
}

test('the 601st request of a user is refused on every call, and nobody else notices', async () => {
  const busy = await exhaust(
    () => customerOf(shop),
    (customer) => customer.detail(ORDER),
  );
  const before = await rowCounts();
  const calls: ((customer: Customer) => Promise<Received>)[] = [
    (customer) => customer.detail(ORDER),
    (customer) => customer.list('?order_type=1'),
    (customer) => customer.place(),
    (customer) => customer.pay(ORDER),
    (customer) => customer.refund(ORDER),
    (customer) => customer.remove(ORDER),
    (customer) => customer.cancelPayment(`${ORDER}0001`),
    (customer) => customer.send('/V1/order/no/such/path'),
  ];
  for (const call of calls) expect(seen(await call(busy))).toEqual(TOO_MANY);
  expect(await rowCounts()).toEqual(before);
  for (const call of calls) expect((await call(customerOf(shop))).status).not.toBe(429);
});

test('without a valid token it is the address that counts', async () => {
  let addresses = 0;
  const ask = (address: string) =>
    shop.send('/V1/order', { token: null, headers: { 'cf-connecting-ip': address, authorization: 'Bearer nobody' } });
  const busy = await exhaust(() => `192.0.2.${++addresses}`, ask);
  expect(seen(await ask(busy))).toEqual(TOO_MANY);
  expect(seen(await ask('198.51.100.1'))).toEqual(refusal(401, 'Unauthenticated.'));
  const customer = customerOf(shop);
  const known = await customer.send('/V1/order?order_type=1', { headers: { 'cf-connecting-ip': busy } });
  expect(known.status).toBe(200);
});

test('what says that the service is alive, and what providers have to say, is never refused', async () => {
  const limit = vi.spyOn(env.RATE_LIMITER, 'limit').mockResolvedValue({ success: false });
  expect((await customerOf(shop).send('/V1/order?order_type=1')).status).toBe(429);
  limit.mockClear();
  expect((await shop.send('/health', { token: null })).status).toBe(200);
  expect((await shop.send('/callback/alipay', { method: 'POST', token: null, body: '' })).status).toBe(400);
  expect(limit).not.toHaveBeenCalled();
  limit.mockRestore();
});

test('without the binding there is no limit', async () => {
  const limit = vi.spyOn(env.RATE_LIMITER, 'limit').mockResolvedValue({ success: false });
  const { RATE_LIMITER: _limiter, ...rest } = env;
  expect(Object.keys(rest)).not.toContain('RATE_LIMITER');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the binding is optional, which the generated type cannot say
  const unlimited = await openShop({ vars: { RATE_LIMITER: undefined } as unknown as Partial<Cloudflare.Env> });
  expect((await customerOf(unlimited).send('/V1/order?order_type=1')).status).toBe(200);
  expect(limit).not.toHaveBeenCalled();
  limit.mockRestore();
});
