/** Alipay's addresses: the gateway for merchants, the cashier for payers, the books for whoever wants to look. */
import { Hono, type Context } from 'hono';
import { answerOverNetwork } from '../lost-answer.ts';
import type { Markup } from '../pages/page.ts';
import { refusalPage } from '../pages/refusal-page.ts';
import type { Trade } from '../trade.ts';
import type { World } from '../world.ts';
import type { CashierOutcome, CashierRefusal } from './cashier.ts';
import { cashierResponse } from './cashier-response.ts';
import { LOOKS } from './looks.ts';
import { ticketAsQuery, type PaymentTicket } from './payment-ticket.ts';
import { resultPage } from './result-page.ts';
import { tradeStatus, type TradeStatus } from './trade-status.ts';

type CashierAction = {
  path: string;
  run: (world: World, ticket: PaymentTicket) => CashierOutcome;
  deliveries: number;
};

/** The cashier's buttons: what each one does, and how often it delivers the trade's notification. */
const ACTIONS: readonly CashierAction[] = [
  { path: '/cashier/pay', run: ({ alipay }, ticket) => alipay.pay(ticket), deliveries: 1 },
  { path: '/cashier/pay-late', run: ({ alipay }, ticket) => alipay.pay(ticket, { late: true }), deliveries: 1 },
  { path: '/cashier/notify-twice', run: payUnlessPaid, deliveries: 2 },
  { path: '/cashier/open-only', run: ({ alipay }, ticket) => alipay.openWithoutPaying(ticket), deliveries: 0 },
  { path: '/cashier/fail', run: ({ alipay }, ticket) => alipay.fail(ticket), deliveries: 0 },
];

/** The routes under `/alipay`. */
export function createAlipayRoutes(world: World): Hono {
  const { alipay, now } = world;
  const routes = new Hono();

  routes.on(['GET', 'POST'], '/gateway.do', (c) => answerOverNetwork(() => alipay.fetch(c.req.raw)));

  // The query string is the order string itself, and has to be read exactly as the merchant wrote it.
  routes.get('/cashier', (c) => cashierResponse(alipay, new URL(c.req.url).search.slice(1), now()));
  routes.post('/cashier', async (c) => {
    const cashier = new URL('/alipay/cashier', c.req.url);
    cashier.search = ticketAsQuery((await readForm(c)).trim());
    return c.redirect(`${cashier.pathname}${cashier.search}`, 303);
  });
  for (const action of ACTIONS) routes.post(action.path, (c) => perform(c, world, action));

  routes.get('/ledger', (c) =>
    c.json({
      trades: alipay.ledger.trades().map((trade) => describe(trade, now())),
      entries: alipay.ledger.entries(),
      waitingNotifications: alipay.notifications.waiting().map(({ headers: _headers, ...queued }) => queued),
      faults: alipay.faults.ahead(),
    }),
  );
  routes.get('/ledger/:outTradeNo', (c) => {
    const trade = alipay.ledger.trade(c.req.param('outTradeNo'));
    if (trade === null) return c.json({ error: 'no such trade' }, 404);
    return c.json({ trade: describe(trade, now()), entries: alipay.ledger.entriesOf(trade.outTradeNo) });
  });
  return routes;
}

async function perform(c: Context, world: World, action: CashierAction): Promise<Response> {
  const ticket = ticketAsQuery(await readForm(c));
  const outcome = action.run(world, ticket);
  const wantsJson = c.req.header('accept') === 'application/json';
  if (!outcome.ok) return wantsJson ? c.json(outcome, 409) : c.html(refused(outcome, ticket), 409);
  const { outTradeNo } = outcome.trade;
  const deliveries = await world.courier.deliverNow(outTradeNo, action.deliveries);
  const nextTryAtMs = await world.courier.deliverDue();
  await world.wakeWhenDue();
  const trade = describe(world.alipay.ledger.trade(outTradeNo) ?? outcome.trade, world.now());
  if (wantsJson) return c.json({ ok: true, trade, deliveries });
  const dropped = action.deliveries > 0 && !world.courier.isDelivering();
  return c.html(resultPage({ trade, telling: { deliveries, dropped, nextTryAtMs }, ticket }));
}

function payUnlessPaid({ alipay }: World, ticket: PaymentTicket): CashierOutcome {
  const outcome = alipay.pay(ticket);
  if (outcome.ok || outcome.subCode !== 'ACQ.TRADE_HAS_SUCCESS') return outcome;
  const opened = alipay.openCashier(ticket);
  return opened.ok && opened.trade !== null ? { ok: true, trade: opened.trade } : outcome;
}

function refused({ subCode, message }: CashierRefusal, ticket: PaymentTicket): Markup {
  return refusalPage(LOOKS, { code: subCode, message }, ticket);
}

function describe(trade: Trade, nowMs: number): Trade & { status: TradeStatus } {
  return { ...trade, status: tradeStatus(trade, nowMs) };
}

async function readForm(c: Context): Promise<string> {
  const { order_string: orderString } = await c.req.parseBody();
  return typeof orderString === 'string' ? orderString : '';
}
