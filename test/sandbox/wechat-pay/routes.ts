/** WeChat Pay's addresses: `/v3` for merchants, the cashier for payers, books and switches for whoever wants to look. */
import { Hono, type Context } from 'hono';
import * as z from 'zod';
import { answerOverNetwork } from '../lost-answer.ts';
import { refusalPage } from '../pages/refusal-page.ts';
import type { Trade } from '../trade.ts';
import type { World } from '../world.ts';
import type { CashierOutcome } from './cashier.ts';
import { cashierPage } from './cashier-page.ts';
import type { WechatPayGateway } from './gateway.ts';
import { LOOKS } from './looks.ts';
import { ticketAsQuery } from './payment-ticket.ts';
import { REFUND_COURSES } from './refund-desk.ts';
import { resultPage } from './result-page.ts';
import { tradeState, type TradeState } from './trade-state.ts';
import type { WechatPayWorld } from './world.ts';

type CashierAction = {
  path: string;
  run: (gateway: WechatPayGateway, ticket: string) => CashierOutcome;
  deliveries: number;
};

/** The cashier's buttons: what each one does, and how often it delivers the order's newest notification. */
const ACTIONS: readonly CashierAction[] = [
  { path: '/wechat-pay/cashier/pay', run: (gateway, ticket) => gateway.pay(ticket), deliveries: 1 },
  {
    path: '/wechat-pay/cashier/pay-late',
    run: (gateway, ticket) => gateway.pay(ticket, { late: true }),
    deliveries: 1,
  },
  { path: '/wechat-pay/cashier/notify-twice', run: payUnlessPaid, deliveries: 2 },
  { path: '/wechat-pay/cashier/open-only', run: (gateway, ticket) => gateway.openWithoutPaying(ticket), deliveries: 0 },
  { path: '/wechat-pay/cashier/fail', run: (gateway, ticket) => gateway.fail(ticket), deliveries: 0 },
];

/** Body of `POST /control/wechat-pay`. */
const SWITCH_ORDER = z.union([
  z.strictObject({ refunds: z.enum(REFUND_COURSES) }),
  z.strictObject({ endRefund: z.string(), ending: z.enum(['SUCCESS', 'CLOSED', 'ABNORMAL']) }),
  z.strictObject({ signWith: z.enum(['current', 'next']) }),
  z.strictObject({ probe: z.enum(['answer', 'notification']), times: z.int().min(0) }),
]);

/** The routes, from the root on: a merchant signs the path, so the gateway stands where the real one does. */
export function createWechatPayRoutes(world: World, wechatPay: WechatPayWorld): Hono {
  const { gateway } = wechatPay;
  const { ledger, refunds, notifications, faults } = gateway;
  const describe = (trade: Trade): DescribedTrade => describeTrade(trade, gateway, world.now);
  const routes = new Hono();

  routes.all('/v3/*', async (c) => {
    const answer = await answerOverNetwork(() => gateway.fetch(c.req.raw));
    // A refund that ends with this call is told of by the courier, not by the answer.
    await world.wakeWhenDue();
    return answer;
  });

  routes.get('/wechat-pay/cashier', (c) => {
    const ticket = new URL(c.req.url).search.slice(1);
    const opened = gateway.openCashier(ticket);
    return opened.ok ? c.html(cashierPage(opened, ticket, world.now())) : c.html(refusalPage(LOOKS, opened), 400);
  });
  routes.post('/wechat-pay/cashier', async (c) => c.redirect(`/wechat-pay/cashier?${await readTicketField(c)}`, 303));
  for (const action of ACTIONS) routes.post(action.path, (c) => perform(c, { world, wechatPay, action }));

  routes.get('/wechat-pay/ledger', (c) =>
    c.json({
      trades: ledger.trades().map(describe),
      entries: ledger.entries(),
      waitingNotifications: notifications.waiting().map(({ headers: _headers, ...queued }) => queued),
      faults: faults.ahead(),
    }),
  );
  routes.get('/wechat-pay/ledger/:outTradeNo', (c) => {
    const trade = ledger.trade(c.req.param('outTradeNo'));
    if (trade === null) return c.json({ error: 'no such trade' }, 404);
    const { outTradeNo } = trade;
    return c.json({
      trade: describe(trade),
      refunds: refunds.of(outTradeNo),
      entries: ledger.entriesOf(outTradeNo),
    });
  });

  routes.post('/control/wechat-pay', async (c) => {
    const order = SWITCH_ORDER.safeParse(await c.req.json().catch(() => undefined));
    if (!order.success) return c.json({ error: z.prettifyError(order.error) }, 400);
    try {
      flip(gateway, order.data);
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : 'refused' }, 409);
    }
    await world.wakeWhenDue();
    return c.json(order.data);
  });
  return routes;
}

function flip({ refunds, signer }: WechatPayGateway, order: z.infer<typeof SWITCH_ORDER>): void {
  if ('refunds' in order) refunds.setCourse(order.refunds);
  else if ('endRefund' in order) refunds.end(order.endRefund, order.ending);
  else if ('signWith' in order) signer.use(order.signWith);
  else signer.probe(order.probe, order.times);
}

type Performance = { world: World; wechatPay: WechatPayWorld; action: CashierAction };

async function perform(c: Context, { world, wechatPay, action }: Performance): Promise<Response> {
  const { gateway, courier } = wechatPay;
  const ticket = await readTicketField(c);
  const outcome = action.run(gateway, ticket);
  const wantsJson = c.req.header('accept') === 'application/json';
  if (!outcome.ok) return wantsJson ? c.json(outcome, 409) : c.html(refusalPage(LOOKS, outcome, ticket), 409);
  const { outTradeNo } = outcome.trade;
  const deliveries = await courier.deliverNow(outTradeNo, action.deliveries);
  const nextTryAtMs = await courier.deliverDue();
  await world.wakeWhenDue();
  const trade = describeTrade(gateway.ledger.trade(outTradeNo) ?? outcome.trade, gateway, world.now);
  if (wantsJson) return c.json({ ok: true, trade, deliveries });
  const dropped = action.deliveries > 0 && !courier.isDelivering();
  return c.html(resultPage({ trade, telling: { deliveries, dropped, nextTryAtMs }, ticket }));
}

function payUnlessPaid(gateway: WechatPayGateway, ticket: string): CashierOutcome {
  const outcome = gateway.pay(ticket);
  return outcome.ok || outcome.code !== 'ORDERPAID' ? outcome : gateway.openCashier(ticket);
}

type DescribedTrade = Trade & { state: TradeState };

function describeTrade(trade: Trade, { refunds }: WechatPayGateway, now: () => number): DescribedTrade {
  return { ...trade, state: tradeState({ refunds, now }, trade) };
}

/** The field as the query string of the cashier's address, however it was written. */
async function readTicketField(c: Context): Promise<string> {
  const { ticket } = await c.req.parseBody();
  return typeof ticket === 'string' ? ticketAsQuery(ticket.trim()) : '';
}
