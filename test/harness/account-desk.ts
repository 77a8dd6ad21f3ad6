/** Orders on accounts by the core's own verbs, on terms that a test chooses: no dialect's prices stand in between. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { compose, prepare } from '../../src/compose.ts';
import type { Account } from '../../src/core/balance/account.ts';
import type { BalanceEntry } from '../../src/core/balance/balance.ts';
import { findLedger } from '../../src/core/balance/find-ledger.ts';
import { type AccountOffer, placeOnAccount } from '../../src/core/balance/place-on-account.ts';
import { setBalance } from '../../src/core/balance/set-balance.ts';
import { actorOf, type Caller, scopeOf } from '../../src/core/caller.ts';
import { accept, refuse, type Refusal, type Result } from '../../src/core/errors.ts';
import { endUnpaidOrder } from '../../src/core/order/end-unpaid-order.ts';
import type { Order } from '../../src/core/order/order.ts';
import type { IdempotencyKey } from '../../src/core/order/order-store.ts';
import { payNothing } from '../../src/core/payment/pay-nothing.ts';
import { startPayment } from '../../src/core/payment/start-payment.ts';
import { requestRefund } from '../../src/core/refund/request-refund.ts';
import type { RefundOfOrder } from '../../src/core/refund/refund-of-order.ts';
import type { Services } from '../../src/core/services.ts';
import { runningPlan, type SubscriptionEffect } from '../../src/core/subscription/subscription.ts';
import { unusedValueOf } from '../../src/core/subscription/unused-value.ts';
import { ANYTHING } from '../core/order-states.ts';
import type { Shop } from './shop.ts';

export const DIALECT = 'subscription';

/** What somebody wants. What is left out: a month of plan 1 for 1000 fen, with no coupon and nobody's share. */
export type Wanted = {
  planId?: string;
  priceFen?: number;
  months?: number | null;
  couponCode?: string;
  /** Who gets a tenth of it, three days after it was opened. */
  inviterId?: string;
  /** What opening does, where it is not to follow from what runs. */
  effect?: SubscriptionEffect;
  idempotency?: IdempotencyKey;
  /** Happens once, when the account has been looked at, and before the order is written. */
  meanwhile?: () => Promise<unknown>;
};

/** An order of which the balance pays what it can, and what runs of another plan the rest; or why there is none. */
function offerOf(wanted: Wanted, account: Account, nowMs: number): Result<AccountOffer> {
  const { planId = '1', priceFen = 1000, months = 1, couponCode, inviterId } = wanted;
  const limitUse = account.coupon?.item.body['limitUse'];
  if (couponCode !== undefined && account.coupon === null) return refuse('coupon_unusable', { rule: 'unknown' });
  if (typeof limitUse === 'number' && account.coupon !== null && account.coupon.uses >= limitUse) {
    return refuse('coupon_unusable', { rule: 'used up' });
  }
  const running = runningPlan(account.standing, nowMs);
  const follows = running === null ? 'begin' : running.planId === planId ? 'extend' : 'replace';
  const effect = wanted.effect ?? follows;
  const absorbed = effect === 'replace' ? account.standing : [];
  const surplusFen = unusedValueOf(absorbed, nowMs);
  const usedFen = Math.min(surplusFen, Math.max(priceFen, 0));
  const restFen = priceFen - usedFen;
  const balanceFen = Math.min(account.balanceFen, Math.max(restFen, 0));
  const shareFen = Math.floor(restFen / 10);
  return accept({
    amountFen: restFen - balanceFen,
    subject: `plan ${planId}`,
    details: {},
    commission: inviterId === undefined ? null : { to: inviterId, amountFen: shareFen, payoutAfterMs: WAIT_MS },
    balanceFen,
    couponId: account.coupon?.item.id ?? null,
    subscription: { planId, effect, months, surplusFen, creditFen: surplusFen - usedFen },
    absorbs: absorbed.map(({ orderNo, version }) => ({ orderNo, version })),
  });
}

/** How long a share waits after the order was opened: three days, ms. */
export const WAIT_MS = 3 * 86_400_000;

/** A shop's desk for orders on accounts. What begins with `new` throws where it went wrong. */
export type AccountDesk = {
  /** Runs a verb as a request of its own, with all that it leaves to the background. */
  run<T>(work: (services: Services) => Promise<T>): Promise<T>;
  /** Somebody whom nobody else in a test file knows, with a balance. */
  newUser(balanceFen?: number): Promise<string>;
  /** A coupon's code. */
  newCoupon(limits?: { limitUse?: number; limitUsePerUser?: number }): Promise<string>;
  place(userId: string, wanted?: Wanted): Promise<Result<Order>>;
  newOrder(userId: string, wanted?: Wanted): Promise<Order>;
  cancel(order: Order): Promise<Result<Order>>;
  /** Pays an order that costs nothing. */
  payNothing(order: Order): Promise<Result<Order>>;
  /** What the payer scans at WeChat. */
  newCode(order: Order): Promise<string>;
  /** The address of Alipay's own page: nobody there has heard of it until somebody opens it. */
  newLink(order: Order): Promise<string>;
  /** Pays at WeChat; the shop has not heard of it yet. */
  payUnheard(order: Order): Promise<void>;
  /** Pays, by saying so or at WeChat, and sees to it that the shop has heard of it. */
  pay(order: Order): Promise<void>;
  newOpened(userId: string, wanted?: Wanted): Promise<Order>;
  refund(order: Order, amountFen?: number | 'all', approval?: 'manual' | 'auto'): Promise<Result<RefundOfOrder>>;
  /** The order as it is. */
  order(orderNo: string): Promise<Order>;
  account(userId: string): Promise<Account>;
  balance(userId: string): Promise<number>;
  /** The ledger, oldest first. */
  ledger(userId: string): Promise<readonly BalanceEntry[]>;
  /** Each row of it in a word: why, how much, and what is left. */
  story(userId: string): Promise<string[]>;
};

const SLIP = { slipMs: 1_800_000, whenOpen: 'hand_out_again', payerId: null } as const;

let users = 0;
let coupons = 0;

/** Opens the desk; the gates and the clock are the shop's. */
export function openAccountDesk(shop: Shop): AccountDesk {
  const run: AccountDesk['run'] = async (work) => {
    const prepared = await prepare(shop.bindings);
    if (!prepared.ok) throw new Error(prepared.problems.join());
    const context = createExecutionContext();
    const { services } = compose(shop.bindings, prepared.isolate, context, null);
    try {
      return await work(services);
    } finally {
      await waitOnExecutionContext(context);
    }
  };
  const place: AccountDesk['place'] = (userId, wanted = {}) =>
    run((services) =>
      placeOnAccount(withDelay(services, wanted.meanwhile), {
        dialect: DIALECT,
        caller: callerOf(userId),
        userId,
        items: [],
        related: () => [],
        couponCode: wanted.couponCode ?? null,
        offer: (_items, account, nowMs) => offerOf(wanted, account, nowMs),
        idempotency: wanted.idempotency ?? null,
      }),
    );
  const newOrder: AccountDesk['newOrder'] = async (userId, wanted) => valueOf(await place(userId, wanted));
  const order: AccountDesk['order'] = (orderNo) =>
    run(async ({ orders }) => {
      const found = await orders.history(orderNo);
      if (found === null) throw new Error('there is no such order');
      return found.state.order;
    });
  const newCode: AccountDesk['newCode'] = (placed) =>
    run(async (services) => {
      const methods = [{ provider: 'wechat-pay', kind: 'qr_code', choice: '11' }] as const;
      const started = valueOf(await startPayment(services, { ...byOwner(placed), methods, ...SLIP }));
      return started.prepay.codeUrl;
    });
  const payUnheard: AccountDesk['payUnheard'] = async (placed) => {
    const outcome = shop.wechatPay.pay(await newCode(placed));
    if (!outcome.ok) throw new Error(`WeChat refused: ${outcome.code}`);
  };
  const payAll: AccountDesk['pay'] = async (placed) => {
    if (placed.amountFen === 0) {
      valueOf(await run((services) => payNothing(services, byOwner(placed))));
    } else {
      await payUnheard(placed);
      await shop.deliverNotifications();
    }
  };
  const ledger: AccountDesk['ledger'] = (userId) =>
    run(async (services) => (await findLedger(services, userId)).entries.toReversed());
  return {
    run,
    newUser: async (balanceFen = 0) => {
      const userId = `account-${++users}`;
      const wanted = { userId, balanceFen, actor: 'operator:1', reason: null };
      if (balanceFen > 0) valueOf(await run((services) => setBalance(services, wanted)));
      return userId;
    },
    newCoupon: async (limits = {}) => {
      const code = `COUPON${++coupons}`;
      const body = JSON.stringify({ code, ...limits });
      await env.DB.prepare(
        "INSERT INTO catalog_items (kind, id, body, created_at_ms, updated_at_ms) VALUES ('coupons', ?1, ?2, 1, 1)",
      )
        .bind(String(1_000_000 + coupons), body)
        .run();
      return code;
    },
    place,
    newOrder,
    cancel: (placed) =>
      run((services) => endUnpaidOrder(services, { ...byOwner(placed), command: { type: 'cancel', reason: null } })),
    payNothing: (placed) => run((services) => payNothing(services, byOwner(placed))),
    newCode,
    newLink: (placed) =>
      run(async (services) => {
        const methods = [{ provider: 'alipay', kind: 'redirect_url', choice: '12' }] as const;
        const started = valueOf(await startPayment(services, { ...byOwner(placed), methods, ...SLIP }));
        return started.prepay.url;
      }),
    payUnheard,
    pay: payAll,
    newOpened: async (userId, wanted) => {
      const { orderNo } = await newOrder(userId, wanted).then(async (placed) => {
        await payAll(placed);
        return placed;
      });
      const opened = await order(orderNo);
      if (opened.status !== 'completed') throw new Error(`it was not opened, but is ${opened.status}`);
      return opened;
    },
    refund: ({ orderNo }, amountFen = 'all', approval = 'auto') =>
      run((services) =>
        requestRefund(services, {
          orderNo,
          scope: 'everything',
          actor: 'operator:1',
          amountFen,
          policy: ANYTHING,
          reason: null,
          approval,
        }),
      ),
    order,
    account: (userId) =>
      run((services) => services.accounts.read({ dialect: DIALECT, userId, couponCode: null, nowMs: services.now() })),
    balance: (userId) => run(async ({ accounts }) => (await accounts.balances([userId])).get(userId) ?? 0),
    ledger,
    story: async (userId) =>
      (await ledger(userId)).map(({ kind, amountFen, balanceFen }) => `${kind} ${amountFen} = ${balanceFen}`),
  };
}

/** The same services, where something else happens before the catalogue is read for the first time. */
function withDelay(services: Services, meanwhile: Wanted['meanwhile']): Services {
  let isFirst = true;
  const read: Services['catalog']['read'] = async (refs, from) => {
    if (isFirst) {
      isFirst = false;
      await meanwhile?.();
    }
    return services.catalog.read(refs, from);
  };
  return { ...services, catalog: { ...services.catalog, read } };
}

function callerOf(userId: string): Caller {
  return { userId, role: 'customer' };
}

function byOwner({ orderNo, userId }: Order) {
  const caller = callerOf(userId);
  return { orderNo, scope: scopeOf(caller, DIALECT), actor: actorOf(caller) };
}

/** The value of a result; throws the reason where there is none. */
export function valueOf<T>(result: { ok: true; value: T } | { ok: false; refusal: Refusal }): T {
  if (!result.ok) throw new Error(`refused: ${result.refusal.reason}`);
  return result.value;
}

/** What a result came to, in a word. */
export function wordOf(result: { ok: true } | { ok: false; refusal: Refusal }): string {
  return result.ok ? 'done' : result.refusal.reason;
}
