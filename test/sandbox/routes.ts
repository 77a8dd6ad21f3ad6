/** The sandbox's own addresses: start page, switches, webhook receiver. Each provider brings its own. */
import { Hono } from 'hono';
import * as z from 'zod';
import { createAlipayRoutes } from './alipay/routes.ts';
import { PLANNED_FAULT, type FaultPlan } from './fault-plan.ts';
import { startPage } from './pages/start-page.ts';
import { createWechatPayRoutes } from './wechat-pay/routes.ts';
import type { World } from './world.ts';

const FAULT_ORDER = z.union([
  PLANNED_FAULT,
  z.strictObject({ random: z.strictObject({ seed: z.int(), probability: z.number().min(0).max(1) }) }),
  z.strictObject({ heal: z.literal(true) }),
]);
const DELIVERY_ORDER = z.strictObject({ deliver: z.boolean() });
const WEBHOOK_ORDER = z.strictObject({ failNext: z.int().min(0) });

/** All routes over one world. */
export function createRoutes(world: World): Hono {
  const routes = new Hono();
  routes.get('/', (c) => c.html(startPage(world)));
  routes.route('/alipay', createAlipayRoutes(world));
  if (world.wechatPay !== null) routes.route('/', createWechatPayRoutes(world, world.wechatPay));
  routes.route('/control', createControlRoutes(world));

  routes.post('/webhooks', async (c) => {
    const status = world.webhooks.receive(c.req.raw.headers, await c.req.text());
    return c.body(null, status);
  });
  routes.get('/webhooks', (c) => c.json(world.webhooks.received()));
  return routes;
}

function createControlRoutes({ alipay, courier, wechatPay, webhooks }: World): Hono {
  const routes = new Hono();
  /** WeChat Pay's calls begin with `wechat.`; every other order for one call is Alipay's. */
  const planFor = (method: string | undefined): FaultPlan | null =>
    method?.startsWith('wechat.') ? (wechatPay?.gateway.faults ?? null) : alipay.faults;
  const plans = [alipay.faults, ...(wechatPay === null ? [] : [wechatPay.gateway.faults])];

  routes.post('/faults', async (c) => {
    const order = FAULT_ORDER.safeParse(await readJson(c.req.raw));
    if (!order.success) return c.json({ error: z.prettifyError(order.error) }, 400);
    if ('when' in order.data) {
      const plan = planFor(order.data.method);
      if (plan === null) return c.json({ error: 'WeChat Pay has no settings' }, 400);
      plan.plan(order.data);
      return c.json(plan.ahead());
    }
    for (const plan of plans) {
      if ('heal' in order.data) plan.heal();
      else plan.random(order.data.random.seed, order.data.random.probability);
    }
    return c.json(alipay.faults.ahead());
  });
  routes.post('/notifications', async (c) => {
    const order = DELIVERY_ORDER.safeParse(await readJson(c.req.raw));
    if (!order.success) return c.json({ error: z.prettifyError(order.error) }, 400);
    courier.setDelivering(order.data.deliver);
    return c.json(order.data);
  });
  routes.post('/webhooks', async (c) => {
    const order = WEBHOOK_ORDER.safeParse(await readJson(c.req.raw));
    if (!order.success) return c.json({ error: z.prettifyError(order.error) }, 400);
    webhooks.failNext(order.data.failNext);
    return c.json(order.data);
  });
  return routes;
}

/** The body as JSON; what is none is `undefined`, which no schema here accepts. */
async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
