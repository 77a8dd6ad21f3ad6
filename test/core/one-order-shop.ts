/** The services over one order in memory: what a verb of payment needs, and nothing that it has no business with. */
import { submitCommand } from '../../src/core/order/submit-command.ts';
import type { Decision } from '../../src/core/order/decision.ts';
import type { Order } from '../../src/core/order/order.ts';
import type { OrderLog } from '../../src/core/order/order-log.ts';
import type { PaymentProvider } from '../../src/core/payment/provider.ts';
import type { LogFields, Services } from '../../src/core/services.ts';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { createMemoryOrderLog, type MemoryOrderLog } from './memory-order-log.ts';
import { aState, MINUTE_MS, ORDER_NO, PLACED_AT_MS, SLIP_MS } from './order-states.ts';

/** The shop, its clock, and everything that it wrote or logged. */
export type OneOrderShop = {
  services: Services;
  clock: { nowMs: number };
  order: MemoryOrderLog;
  written: readonly Decision[];
  lines: readonly { level: string; event: string; fields: LogFields }[];
};

/** Opens a shop with one unpaid order and one provider; the clock stands still until a test moves it. */
export function openOneOrderShop(provider: PaymentProvider, changes: Partial<Order> = {}): OneOrderShop {
  const order = createMemoryOrderLog(aState(changes));
  const clock = { nowMs: PLACED_AT_MS };
  const written: Decision[] = [];
  const lines: { level: string; event: string; fields: LogFields }[] = [];
  const log: OrderLog = {
    load: (orderNo) => order.load(orderNo),
    commit: (head, decision) => {
      written.push(decision);
      return order.commit(head, decision);
    },
  };
  let submissions = 0;
  const services: Services = {
    ...elsewhere,
    now: () => clock.nowMs,
    ids: { orderNo: () => ORDER_NO, commitId: () => `c-${++submissions}` },
    settings: {
      publicUrl: '',
      corsOrigins: [],
      orderTtlMs: 30 * MINUTE_MS,
      paymentTtlMs: SLIP_MS,
      refundApproval: 'manual',
      commissionBps: {},
    },
    gate: { submit: (submission) => submitCommand(log, null, submission) },
    vault: createVault({ current: aKey(), previous: null }),
    providers: new Map([[provider.name, provider]]),
    sender: null,
    background: (work) => void work,
    log: {
      info: (event, fields) => void lines.push({ level: 'info', event, fields }),
      alert: (event, fields) => void lines.push({ level: 'alert', event, fields }),
    },
  };
  return { services, clock, order, written, lines };
}

function aKey(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));
}

function fails(): never {
  throw new Error('a payment does not need this');
}

const elsewhere: Pick<Services, 'orders' | 'payments' | 'refunds' | 'personal' | 'accounts' | 'catalog' | 'outbox'> = {
  orders: {
    place: fails,
    findByKey: fails,
    view: fails,
    list: fails,
    numberOf: fails,
    idsOf: fails,
    detail: fails,
    page: fails,
    tally: fails,
    search: fails,
    history: fails,
    expireIdle: fails,
    listDueWithLiveAttempt: fails,
    listToOpen: fails,
    listDueShares: fails,
    forgetKeysBefore: fails,
  },
  personal: { read: fails, sealedWith: fails, replace: fails },
  payments: {
    find: fails,
    isCaptured: fails,
    due: fails,
    claimLook: fails,
    claimGlance: fails,
    stopLooking: () => Promise.resolve(),
    recordStray: fails,
  },
  refunds: { find: fails, list: fails, due: fails, claimLook: fails, looseSurplus: fails },
  accounts: { read: fails, balances: fails, entries: fails, set: fails },
  catalog: { read: fails, list: fails, put: fails, ensure: fails, remove: fails },
  outbox: { due: fails, claim: fails, markDelivered: fails, markFailed: fails, list: fails, redeliver: fails },
};
