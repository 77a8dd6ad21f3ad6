/** Whether the service is alive, and whether it is ready: asked without a token. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';

const MINUTE_MS = 60_000;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function ready(): Promise<unknown[]> {
  const { status, json } = await shop.send('/ready', { token: null });
  return [status, json];
}

test('health is one word, and asks nobody', async () => {
  const withSession = vi.spyOn(env.DB, 'withSession');
  const received = await shop.send('/health', { token: null });
  expect([received.status, received.text, received.headers.get('content-type')]).toEqual([
    200,
    '{"status":"ok"}',
    'application/json',
  ]);
  expect((await shop.send('/health/', { token: null })).text).toBe('{"status":"ok"}');
  expect(withSession).not.toHaveBeenCalled();
});

test('ready is who has a configuration, a database, and a cron that has run in the last five minutes', async () => {
  const checks = { configuration: 'ok', database: 'ok', cron: 'ok' };
  expect(await ready()).toEqual([503, { status: 'unready', checks: { ...checks, cron: 'has not run yet' } }]);
  await shop.cron();
  expect(await ready()).toEqual([200, { status: 'ok', checks }]);
  shop.pass(5 * MINUTE_MS);
  expect(await ready()).toEqual([200, { status: 'ok', checks }]);
  shop.pass(1);
  expect(await ready()).toEqual([503, { status: 'unready', checks: { ...checks, cron: 'last ran 300 s ago' } }]);
  await shop.cron();
  expect((await ready())[0]).toBe(200);
});

test('one job that fails makes it unready, though the others run', async () => {
  await shop.cron();
  await env.DB.prepare(
    `UPDATE job_runs SET ran_at_ms = ran_at_ms - ${6 * MINUTE_MS} WHERE job = 'expire_orders'`,
  ).run();
  expect((await ready())[0]).toBe(503);
});

test('a database that does not answer is said so, and no more of it', async () => {
  vi.spyOn(env.DB, 'withSession').mockImplementation(() => {
    throw new Error('D1_ERROR: Network connection lost: at secret-host');
  });
  const checks = { configuration: 'ok', database: 'does not answer', cron: 'unknown' };
  expect(await ready()).toEqual([503, { status: 'unready', checks }]);
});
