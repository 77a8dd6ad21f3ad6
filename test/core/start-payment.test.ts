/** Starting a payment at a provider that answers, refuses, or says nothing: one number, one caller, nothing personal. */
import { describe, expect, test, vi } from 'vitest';
import type { Order } from '../../src/core/order/order.ts';
import { submit, SYSTEM } from '../../src/core/order/submit.ts';
import { openKept } from '../../src/core/payment/kept.ts';
import type { PaymentProvider, PrepayAnswer, PrepayKind, PrepayRequest } from '../../src/core/payment/provider.ts';
import { type PaymentStart, startPayment } from '../../src/core/payment/start-payment.ts';
import { createVault } from '../../src/vault/aes-gcm-vault.ts';
import { openOneOrderShop } from './one-order-shop.ts';
import { AMOUNT_FEN, DIALECT, LEASE_MS, MINUTE_MS, ORDER_NO, OWNER, PLACED_AT_MS, SLIP_MS } from './order-states.ts';

const FIRST = `${ORDER_NO}0001`;
const SECOND = `${ORDER_NO}0002`;
const PAYER = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
const OTHER_PAYER = 'oHkLxt_htg84TUEbzvlMwQzVDBqo';

const REMOTE: PaymentStart = {
  orderNo: ORDER_NO,
  scope: { dialect: DIALECT, userId: OWNER },
  actor: `user:${OWNER}`,
  methods: [{ provider: 'bank', kind: 'jsapi_params' }],
  slipMs: SLIP_MS,
  whenOpen: 'hand_out_again',
  payerId: PAYER,
};
const LOCAL: PaymentStart = {
  ...REMOTE,
  methods: [{ provider: 'bank', kind: 'app_order_string' }],
  payerId: null,
};

const LOCAL_KIND = { by: 'local', maximumSlipMs: 115 * MINUTE_MS } as const;
const REMOTE_KIND = { by: 'remote', maximumSlipMs: 115 * MINUTE_MS } as const;

/** How a provider takes the next request: `dies` is the end of whoever asks, after the provider has heard it. */
type Manner = 'refuses' | 'is silent' | 'dies' | Promise<'answers'>;

/** A provider that prepares everything, but for the manners that a test gives it, one for each request. */
function aBank() {
  const asked: string[] = [];
  const requests: PrepayRequest[] = [];
  const manners: Manner[] = [];
  const trades = new Map<string, 'unpaid' | 'paid' | 'closed'>();
  const provider: PaymentProvider = {
    name: 'bank',
    minimumSlipMs: MINUTE_MS,
    prepayKinds: { app_order_string: LOCAL_KIND, jsapi_params: REMOTE_KIND, qr_code: REMOTE_KIND },
    prepay: async (request) => {
      asked.push(`prepay ${request.outTradeNo}`);
      requests.push(request);
      const manner = await manners.shift();
      if (manner === 'refuses') return { status: 'refused', cause: 'NO_AUTH' };
      trades.set(request.outTradeNo, 'unpaid');
      if (manner === 'dies') throw new Error('the worker was stopped');
      return manner === 'is silent' ? { status: 'unknown', cause: 'timeout' } : ready(request);
    },
    query: (outTradeNo) => {
      asked.push(`query ${outTradeNo}`);
      const status = trades.get(outTradeNo) ?? 'absent';
      if (status !== 'paid') return Promise.resolve({ status });
      return Promise.resolve({
        status,
        outTradeNo,
        transactionId: 't1',
        amountFen: AMOUNT_FEN,
        paidAtMs: PLACED_AT_MS,
      });
    },
    close: (outTradeNo) => {
      asked.push(`close ${outTradeNo}`);
      if (!trades.has(outTradeNo)) return Promise.resolve({ status: 'absent' });
      trades.set(outTradeNo, 'closed');
      return Promise.resolve({ status: 'closed' });
    },
    refund: () => Promise.resolve({ status: 'processing' }),
    queryRefund: () => Promise.resolve({ status: 'processing' }),
    readNotification: () => Promise.resolve({ kind: 'invalid', cause: 'none is expected' }),
    acknowledge: () => ({ status: 200, contentType: 'text/plain', body: '' }),
  };
  return { provider, asked, requests, manners, trades };
}

const handleOf = (outTradeNo: string) => `handle-of-${outTradeNo}`;

/** What is prepared by our own key alone leaves nothing to keep. */
function ready({ kind, outTradeNo, payerId }: PrepayRequest): PrepayAnswer {
  const handle = handleOf(outTradeNo);
  if (kind === 'app_order_string') {
    return { status: 'ready', prepay: { kind, orderString: outTradeNo }, handle: null };
  }
  if (kind === 'qr_code') return { status: 'ready', prepay: { kind, codeUrl: handle }, handle };
  return { status: 'ready', prepay: { kind: 'jsapi_params', params: { package: handle, for: payerId ?? '' } }, handle };
}

/** A shop at that provider, with its payments and what its log says in short. */
function openShop(changes: Partial<Order> = {}) {
  const bank = aBank();
  const shop = openOneOrderShop(bank.provider, changes);
  const pay = async (start: PaymentStart = REMOTE) => {
    const started = await startPayment(shop.services, start);
    return started.ok ? `ready ${started.value.attempt.outTradeNo}` : started.refusal;
  };
  return {
    ...shop,
    ...bank,
    pay,
    happened: () => shop.order.events().map(({ type }) => type),
    attempts: () => shop.order.state().attempts.map(({ outTradeNo, status }) => `${outTradeNo} ${status}`),
    alerts: () => shop.lines.filter(({ level }) => level === 'alert'),
  };
}

const aKey = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))));

const UNAVAILABLE = { reason: 'provider_unavailable', retryAfterSeconds: 5 };

describe('a provider that answers', () => {
  test.each<[string, PaymentStart, PrepayKind, string[]]>([
    ['over its network', REMOTE, 'jsapi_params', ['order_placed', 'attempt_opened', 'attempt_ready']],
    ['by our own key', LOCAL, 'app_order_string', ['order_placed', 'attempt_opened']],
  ])('%s: one request, and the customer can pay', async (_name, start, kind, events) => {
    const shop = openShop();
    expect(await shop.pay(start)).toBe(`ready ${FIRST}`);
    expect(shop.requests).toEqual([
      {
        kind,
        outTradeNo: FIRST,
        amountFen: AMOUNT_FEN,
        subject: shop.order.state().order.subject,
        payableUntilMs: PLACED_AT_MS + SLIP_MS,
        payerId: start.payerId,
        handle: null,
      },
    ]);
    expect(shop.happened()).toEqual(events);
    expect(shop.attempts()).toEqual([`${FIRST} pending`]);
    expect(shop.alerts()).toEqual([]);
  });

  test('what is paid over the network is in the log before the provider is asked', async () => {
    const { promise, resolve } = Promise.withResolvers<'answers'>();
    const shop = openShop();
    shop.manners.push(promise);
    const started = shop.pay();
    await expect.poll(() => shop.asked).toEqual([`prepay ${FIRST}`]);
    expect(shop.attempts()).toEqual([`${FIRST} opening`]);
    resolve('answers');
    expect(await started).toBe(`ready ${FIRST}`);
  });

  test('a payer gets the same payment again, from what was kept of it, and nothing is written', async () => {
    const shop = openShop();
    await shop.pay();
    shop.clock.nowMs += SLIP_MS - 1;
    expect(await shop.pay()).toBe(`ready ${FIRST}`);
    expect(shop.requests.map(({ handle, payerId }) => [handle, payerId])).toEqual([
      [null, PAYER],
      [handleOf(FIRST), PAYER],
    ]);
    expect(shop.happened()).toEqual(['order_placed', 'attempt_opened', 'attempt_ready']);
  });

  test.each([REMOTE, LOCAL])('where an open slip means no: wait for it ($methods.0.kind)', async (start) => {
    const shop = openShop();
    await shop.pay(start);
    shop.clock.nowMs += 20_000;
    expect(await shop.pay({ ...start, whenOpen: 'refuse' })).toEqual({
      reason: 'attempt_open',
      retryAfterSeconds: 100,
    });
    expect(shop.asked).toEqual([`prepay ${FIRST}`]);
  });
});

const choosing = (choice?: string): PaymentStart => ({
  ...LOCAL,
  methods: [{ provider: 'bank', kind: 'app_order_string', ...(choice === undefined ? {} : { choice }) }],
});

describe('what the customer chose', () => {
  test('is kept with the payment and shown by the order; nothing was, where there is nothing to choose', async () => {
    const shop = openShop();
    await shop.pay(choosing());
    expect(shop.order.state().order.choice).toBeNull();
    await shop.pay(choosing('10'));
    expect(shop.order.state().order.choice).toBe('10');
    expect(shop.attempts()).toEqual([`${FIRST} closed`, `${SECOND} pending`]);
  });

  test('by the same way to pay but under another name is another payment, and under the same the same', async () => {
    const shop = openShop();
    await shop.pay(choosing('10'));
    expect(await shop.pay(choosing('10'))).toBe(`ready ${FIRST}`);
    expect(await shop.pay(choosing('11'))).toBe(`ready ${SECOND}`);
    expect(shop.attempts()).toEqual([`${FIRST} closed`, `${SECOND} pending`]);
  });

  test('does not matter for what costs nothing: nobody is asked to collect that', async () => {
    const shop = openShop({ amountFen: 0 });
    expect(await shop.pay(choosing('10'))).toEqual({ reason: 'provider_not_offered' });
    expect(shop.asked).toEqual([]);
  });
});

describe('a slip that is in the way', () => {
  const settled = [`prepay ${FIRST}`, `query ${FIRST}`, `close ${FIRST}`, `prepay ${SECOND}`];

  test.each<[string, Partial<PaymentStart>, number]>([
    ['another payer', { payerId: OTHER_PAYER }, 0],
    ['another kind', { methods: [{ provider: 'bank', kind: 'qr_code' }], payerId: null }, 0],
    ['another kind, by our own key', LOCAL, 0],
    ['the same payer, once it has run out', {}, SLIP_MS],
    ['the same payer, once it has run out, where an open slip means no', { whenOpen: 'refuse' }, SLIP_MS],
  ])('%s: the old one is asked about and closed, and there is a new one', async (_name, changes, elapsedMs) => {
    const shop = openShop();
    await shop.pay();
    shop.clock.nowMs += elapsedMs;
    expect(await shop.pay({ ...REMOTE, ...changes })).toBe(`ready ${SECOND}`);
    expect(shop.asked).toEqual(settled);
    expect(shop.attempts()).toEqual([`${FIRST} closed`, `${SECOND} pending`]);
    expect(shop.requests.at(-1)).toMatchObject({ handle: null });
  });

  test('what is prepared for the other payer is theirs: the first one is not handed it', async () => {
    const shop = openShop();
    await shop.pay();
    await shop.pay({ ...REMOTE, payerId: OTHER_PAYER });
    expect(await shop.pay()).toBe(`ready ${ORDER_NO}0003`);
    expect(shop.requests.map(({ payerId, handle }) => [payerId, handle])).toEqual([
      [PAYER, null],
      [OTHER_PAYER, null],
      [PAYER, null],
    ]);
  });

  test('money that is found under it pays the order, and there is no new one', async () => {
    const shop = openShop();
    await shop.pay();
    shop.trades.set(FIRST, 'paid');
    expect(await shop.pay({ ...REMOTE, payerId: OTHER_PAYER })).toEqual({ reason: 'order_already_paid' });
    expect(shop.asked).toEqual([`prepay ${FIRST}`, `query ${FIRST}`]);
    expect(shop.order.state().order.status).toBe('paid');
  });
});

describe('a provider that refuses', () => {
  test('over its network: the attempt is over, and the next one has another number', async () => {
    const shop = openShop();
    shop.manners.push('refuses');
    expect(await shop.pay()).toEqual({ reason: 'provider_refused' });
    expect(shop.attempts()).toEqual([`${FIRST} failed`]);
    expect(shop.order.events().at(-1)).toMatchObject({ type: 'attempt_failed', reason: `${FIRST}: NO_AUTH` });
    expect(shop.alerts()).toMatchObject([{ event: 'prepay_refused', fields: { outTradeNo: FIRST, cause: 'NO_AUTH' } }]);
    expect(await shop.pay()).toBe(`ready ${SECOND}`);
  });

  test('by our own key: a refusal, and an alert', async () => {
    const shop = openShop();
    shop.manners.push('refuses');
    expect(await shop.pay(LOCAL)).toEqual({ reason: 'provider_refused' });
    expect(shop.alerts()).toMatchObject([{ event: 'prepay_refused', fields: { outTradeNo: FIRST, cause: 'NO_AUTH' } }]);
  });
});

describe('a provider that does not answer', () => {
  test.each(['refuse', 'hand_out_again'] as const)(
    'the next call goes on at once, with the same number (%s)',
    async (whenOpen) => {
      const shop = openShop();
      shop.manners.push('is silent', 'is silent');
      expect(await shop.pay({ ...REMOTE, whenOpen })).toEqual(UNAVAILABLE);
      expect(await shop.pay({ ...REMOTE, whenOpen })).toEqual(UNAVAILABLE);
      expect(await shop.pay({ ...REMOTE, whenOpen })).toBe(`ready ${FIRST}`);
      expect(shop.asked).toEqual([`prepay ${FIRST}`, `prepay ${FIRST}`, `prepay ${FIRST}`]);
      expect(shop.happened().slice(1)).toEqual([
        'attempt_opened',
        'attempt_unanswered',
        'attempt_taken_up',
        'attempt_unanswered',
        'attempt_taken_up',
        'attempt_ready',
      ]);
      expect(shop.alerts().map(({ event }) => event)).toEqual(['prepay_unanswered', 'prepay_unanswered']);
    },
  );

  test('about a slip that is handed out again: the slip stays, for the next call', async () => {
    const shop = openShop();
    await shop.pay();
    shop.manners.push('is silent');
    expect(await shop.pay()).toEqual(UNAVAILABLE);
    expect(shop.attempts()).toEqual([`${FIRST} pending`]);
    expect(await shop.pay()).toBe(`ready ${FIRST}`);
  });
});

describe('an attempt that was never answered for', () => {
  test('with too little time left for the provider is closed, and there is a new one', async () => {
    const shop = openShop();
    shop.manners.push('is silent');
    expect(await shop.pay()).toEqual(UNAVAILABLE);
    shop.clock.nowMs += SLIP_MS - MINUTE_MS + 1;
    expect(await shop.pay()).toBe(`ready ${SECOND}`);
    expect(shop.asked).toEqual([`prepay ${FIRST}`, `query ${FIRST}`, `close ${FIRST}`, `prepay ${SECOND}`]);
    expect(shop.attempts()).toEqual([`${FIRST} closed`, `${SECOND} pending`]);
  });
});

/** The first payer's request, which was heard and not answered. */
async function unanswered() {
  const shop = openShop();
  shop.manners.push('is silent');
  expect(await shop.pay()).toEqual(UNAVAILABLE);
  return shop;
}

describe('after a request that the provider never answered', () => {
  const OTHERS: readonly [string, Partial<PaymentStart>][] = [
    ['another payer', { payerId: OTHER_PAYER }],
    ['a payer whom nobody has to know', { payerId: null }],
  ];

  test('who it was for is kept sealed, and no handle with it', async () => {
    const shop = await unanswered();
    const [attempt] = shop.order.state().attempts;
    if (!attempt) throw new Error('there is no attempt');
    expect(attempt.status).toBe('opening');
    expect(await openKept(shop.services, attempt)).toEqual({ handle: null, payerId: PAYER });
    expect(JSON.stringify([shop.order.state(), shop.order.events(), shop.lines])).not.toContain(PAYER);
  });

  test.each(OTHERS)('%s does not go on with its number: it is closed first, and there is a new one', async (_, who) => {
    const shop = await unanswered();
    expect(await shop.pay({ ...REMOTE, ...who })).toBe(`ready ${SECOND}`);
    expect(shop.asked).toEqual([`prepay ${FIRST}`, `query ${FIRST}`, `close ${FIRST}`, `prepay ${SECOND}`]);
    expect(shop.attempts()).toEqual([`${FIRST} closed`, `${SECOND} pending`]);
    expect(shop.trades.get(FIRST)).toBe('closed');
    expect(shop.requests.map(({ outTradeNo, payerId }) => [outTradeNo, payerId])).toEqual([
      [FIRST, PAYER],
      [SECOND, who.payerId ?? null],
    ]);
  });

  test('another payer, where the first one has paid all the same: the order is paid', async () => {
    const shop = await unanswered();
    shop.trades.set(FIRST, 'paid');
    expect(await shop.pay({ ...REMOTE, payerId: OTHER_PAYER })).toEqual({ reason: 'order_already_paid' });
    expect(shop.requests).toHaveLength(1);
    expect(shop.order.state().order.status).toBe('paid');
  });

  test('another payer, while nobody knows what became of the first: nothing is prepared for them', async () => {
    const shop = await unanswered();
    vi.spyOn(shop.provider, 'query').mockResolvedValue({ status: 'unknown', cause: 'timeout' });
    expect(await shop.pay({ ...REMOTE, payerId: OTHER_PAYER })).toMatchObject({
      reason: 'provider_unavailable',
    });
    expect(shop.requests).toHaveLength(1);
    expect(shop.attempts()).toEqual([`${FIRST} opening`]);
  });

  test('the payer whom it was for goes on with its number', async () => {
    const shop = await unanswered();
    expect(await shop.pay()).toBe(`ready ${FIRST}`);
    expect(shop.asked).toEqual([`prepay ${FIRST}`, `prepay ${FIRST}`]);
  });

  test('nobody does once it can no longer be read whom it was for, and the order can still be paid', async () => {
    const shop = await unanswered();
    const forgetful = { ...shop.services, vault: createVault({ current: aKey(), previous: null }) };
    const started = await startPayment(forgetful, REMOTE);
    expect(started).toMatchObject({ ok: true, value: { attempt: { outTradeNo: SECOND } } });
    expect(shop.attempts()).toEqual([`${FIRST} closed`, `${SECOND} pending`]);
    expect(shop.alerts().map(({ event }) => event)).toEqual(['prepay_unanswered', 'personal_data_unreadable']);
  });
});

describe('the longest life in which the provider’s handle is good', () => {
  const HOUR_MS = 60 * MINUTE_MS;
  const LONG = { ...REMOTE, slipMs: 4 * HOUR_MS };

  test('is as long as it is handed out again; then it is closed, and a new one made', async () => {
    const shop = openShop({ expiresAtMs: PLACED_AT_MS + 4 * HOUR_MS });
    const { maximumSlipMs } = REMOTE_KIND;
    expect(await shop.pay(LONG)).toBe(`ready ${FIRST}`);
    expect(shop.requests.at(-1)?.payableUntilMs).toBe(PLACED_AT_MS + maximumSlipMs);
    shop.clock.nowMs += maximumSlipMs - 1;
    expect(await shop.pay(LONG)).toBe(`ready ${FIRST}`);
    expect(shop.requests.at(-1)?.handle).toBe(handleOf(FIRST));
    shop.clock.nowMs += 1;
    expect(await shop.pay(LONG)).toBe(`ready ${SECOND}`);
    expect(shop.requests.at(-1)).toMatchObject({ handle: null, payableUntilMs: PLACED_AT_MS + 2 * maximumSlipMs });
    expect(shop.trades.get(FIRST)).toBe('closed');
  });

  test('does not make a slip longer than its order', async () => {
    const shop = openShop({ expiresAtMs: PLACED_AT_MS + HOUR_MS });
    expect(await shop.pay(LONG)).toBe(`ready ${FIRST}`);
    expect(shop.requests.at(-1)?.payableUntilMs).toBe(PLACED_AT_MS + HOUR_MS);
  });
});

describe('two callers', () => {
  test('while one asks, the other waits; then both have the same payment', async () => {
    const { promise, resolve } = Promise.withResolvers<'answers'>();
    const shop = openShop();
    shop.manners.push(promise);
    const first = shop.pay();
    await expect.poll(() => shop.asked).toHaveLength(1);
    shop.clock.nowMs += 1000;
    expect(await shop.pay()).toEqual({ reason: 'attempt_open', retryAfterSeconds: 14 });
    expect(shop.asked).toHaveLength(1);
    resolve('answers');
    expect([await first, await shop.pay()]).toEqual([`ready ${FIRST}`, `ready ${FIRST}`]);
  });

  test('an answer that comes after the other caller’s changes nothing any more', async () => {
    const { promise, resolve } = Promise.withResolvers<'answers'>();
    const shop = openShop();
    shop.manners.push(promise);
    const first = shop.pay();
    await expect.poll(() => shop.asked).toHaveLength(1);
    shop.clock.nowMs += LEASE_MS;
    expect(await shop.pay()).toBe(`ready ${FIRST}`);
    const before = shop.order.state();
    resolve('answers');
    expect(await first).toBe(`ready ${FIRST}`);
    expect(shop.order.state()).toEqual(before);
  });

  test('an answer for an attempt that was closed meanwhile is given to nobody, and closed at the provider', async () => {
    const { promise, resolve } = Promise.withResolvers<'answers'>();
    const shop = openShop();
    shop.manners.push(promise);
    const started = shop.pay();
    await expect.poll(() => shop.asked).toHaveLength(1);
    const command = { type: 'close_attempt', outTradeNo: FIRST, proof: 'never_opened' } as const;
    await submit(shop.services, { orderNo: ORDER_NO, command, ...SYSTEM });
    resolve('answers');
    expect(await started).toEqual({ reason: 'busy', retryAfterSeconds: 1 });
    await expect.poll(() => shop.trades.get(FIRST)).toBe('closed');
    expect(shop.order.state().attempts).toMatchObject([{ outTradeNo: FIRST, status: 'closed', sealed: null }]);
  });

  test('a caller who dies before the answer is written is waited for, and then taken over from', async () => {
    const shop = openShop();
    shop.manners.push('dies');
    await expect(shop.pay()).rejects.toThrow('the worker was stopped');
    expect(shop.happened()).toEqual(['order_placed', 'attempt_opened']);
    shop.clock.nowMs += LEASE_MS - 1;
    expect(await shop.pay()).toEqual({ reason: 'attempt_open', retryAfterSeconds: 1 });
    shop.clock.nowMs += 1;
    expect(await shop.pay()).toBe(`ready ${FIRST}`);
    expect(shop.asked).toEqual([`prepay ${FIRST}`, `prepay ${FIRST}`]);
    expect(shop.happened().slice(2)).toEqual(['attempt_taken_up', 'attempt_ready']);
  });
});

describe('what leads to a person', () => {
  test('is kept sealed for its attempt, and is in no event, no log line and no change', async () => {
    const shop = openShop();
    shop.manners.push('is silent', 'refuses');
    for (const payerId of [PAYER, PAYER, PAYER, PAYER, OTHER_PAYER]) await shop.pay({ ...REMOTE, payerId });
    expect(shop.attempts()).toEqual([`${FIRST} failed`, `${SECOND} closed`, `${ORDER_NO}0003 pending`]);

    const [failed, closed, pending] = shop.order.state().attempts;
    if (!failed || !closed || !pending) throw new Error('there are not three attempts');
    // The provider never answered for it; who it was for is known all the same.
    expect(await openKept(shop.services, failed)).toEqual({ handle: null, payerId: PAYER });
    expect(await openKept(shop.services, closed)).toEqual({ handle: handleOf(SECOND), payerId: PAYER });
    expect(await openKept(shop.services, pending)).toEqual({
      handle: handleOf(`${ORDER_NO}0003`),
      payerId: OTHER_PAYER,
    });
    const exchanged = await openKept(shop.services, { ...pending, sealed: closed.sealed });
    expect(exchanged).toEqual({ handle: null, payerId: null });

    const told = JSON.stringify([shop.order.events(), shop.lines, shop.written, shop.order.state()]);
    for (const personal of [PAYER, OTHER_PAYER, 'handle-of']) expect(told).not.toContain(personal);
    expect(shop.lines).not.toEqual([]);
  });

  test('where there is nothing to keep, nothing is', async () => {
    const shop = openShop();
    await shop.pay(LOCAL);
    expect(shop.order.state().attempts.map(({ sealed }) => sealed)).toEqual([null]);
    expect(shop.written.flatMap(({ changes }) => changes.map(({ type }) => type))).toEqual(['insert_attempt']);
  });
});

test.each([
  ['a kind that the provider does not prepare', { methods: [{ provider: 'bank', kind: 'html_form' }] }],
  ['a provider that is not there', { methods: [{ provider: 'nobody', kind: 'jsapi_params' }] }],
] as const)('%s is not on offer, and nobody is asked', async (_name, changes) => {
  const shop = openShop();
  expect(await shop.pay({ ...REMOTE, ...changes })).toEqual({ reason: 'provider_not_offered' });
  expect([shop.asked, shop.happened()]).toEqual([[], ['order_placed']]);
});
