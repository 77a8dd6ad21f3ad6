/** A payment by QR code at the pretend Alipay, whose rules were written apart from ours: asked for, lost, scanned, told. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { PaymentProvider, PrepayRequest } from '../../../src/core/payment/provider.ts';
import { createAlipay } from '../../../src/providers/alipay/index.ts';
import { type AlipayGateway, createAlipayGateway } from '../../sandbox/alipay/gateway.ts';
import { CONFIG, NOW_MS, ORDER, OUT_TRADE_NO, PRECREATE } from './signed-gateway.ts';

const REQUEST: PrepayRequest = { ...ORDER, kind: 'qr_code', payableUntilMs: NOW_MS + 30 * 60_000 };
const UNKNOWN = { status: 'unknown', cause: expect.any(String) };

let nowMs = NOW_MS;
let alipay: AlipayGateway;
let provider: PaymentProvider;

beforeEach(() => {
  nowMs = NOW_MS;
  alipay = createAlipayGateway({
    merchant: {
      appId: env.ALIPAY_APP_ID,
      sellerId: env.ALIPAY_SELLER_ID,
      publicKeyPem: env.SANDBOX_MERCHANT_PUBLIC_KEY,
    },
    alipayPrivateKeyPem: env.SANDBOX_ALIPAY_PRIVATE_KEY,
    now: () => nowMs,
  });
  provider = createAlipay(CONFIG, {
    fetch: (input, init) => alipay.fetch(new Request(input, init)),
    now: () => nowMs,
  });
});

async function newCode(change: Partial<PrepayRequest> = {}): Promise<string> {
  const answer = await provider.prepay({ ...REQUEST, ...change });
  if (answer.status !== 'ready' || answer.prepay.kind !== 'qr_code') throw new Error(JSON.stringify(answer));
  return answer.prepay.codeUrl;
}

test('a code is absent, then open, then paid, and the notification says so too', async () => {
  const codeUrl = await newCode();
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'absent' });
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'absent' });
  alipay.openWithoutPaying(codeUrl);
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'unpaid' });
  nowMs += 60_000;
  const scanned = alipay.scan(codeUrl);
  const payment = {
    outTradeNo: OUT_TRADE_NO,
    transactionId: scanned.ok ? scanned.trade.transactionId : '',
    amountFen: 19_600,
    paidAtMs: nowMs,
  };
  expect(await provider.query(OUT_TRADE_NO)).toEqual({ status: 'paid', ...payment });
  const [told] = alipay.takeNotifications();
  expect(told?.url).toBe(CONFIG.notifyUrl);
  const read = await provider.readNotification({ headers: new Headers(told?.headers), body: told?.body ?? '' });
  expect(read).toMatchObject({ kind: 'payment', payment });
});

test.each(['before', 'after'] as const)('whatever gets lost %s it was given, the same number goes on', async (when) => {
  for (const kind of ['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const) {
    alipay.faults.plan({ method: PRECREATE, when, kind });
    expect(await provider.prepay(REQUEST)).toEqual(UNKNOWN);
  }
  expect(alipay.faults.ahead().planned).toEqual([]);
  expect(alipay.scan(await newCode())).toMatchObject({ ok: true });
  expect(alipay.ledger.trades()).toHaveLength(1);
});

test.each([
  ['ACQ.SYSTEM_ERROR', 'unknown'],
  ['ACQ.TRADE_HAS_SUCCESS', 'unknown'],
  ['ACQ.TOTAL_FEE_EXCEED', 'refused'],
])('a refusal with %s is %s', async (subCode, status) => {
  alipay.faults.plan({ method: PRECREATE, when: 'before', kind: 'refused', subCode });
  expect((await provider.prepay(REQUEST)).status).toBe(status);
});

test('what was paid is not refused, so that the next look finds the money', async () => {
  alipay.scan(await newCode());
  expect(await provider.prepay(REQUEST)).toEqual(UNKNOWN);
  expect(await provider.query(OUT_TRADE_NO)).toMatchObject({ status: 'paid' });
});

test('another amount, a closed trade and a deadline that has passed are refused', async () => {
  const codeUrl = await newCode();
  expect((await provider.prepay({ ...REQUEST, amountFen: 19_599 })).status).toBe('refused');
  alipay.openWithoutPaying(codeUrl);
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'closed' });
  expect((await provider.prepay(REQUEST)).status).toBe('refused');
  await newCode({ outTradeNo: 'another' });
  nowMs = REQUEST.payableUntilMs;
  expect((await provider.prepay({ ...REQUEST, outTradeNo: 'another' })).status).toBe('refused');
});

test('the longest slip is shorter than a code lives', async () => {
  const { maximumSlipMs = Number.NaN } = provider.prepayKinds.qr_code ?? {};
  const codeUrl = await newCode({ payableUntilMs: NOW_MS + maximumSlipMs });
  nowMs += maximumSlipMs - 1;
  expect(alipay.openCashier(codeUrl)).toMatchObject({ standing: 'payable' });
});

test('any subject that is shown is one that Alipay takes', async () => {
  for (const [nth, subject] of ['a/b=c&d', '', '长'.repeat(300), ' 50% +"}'].entries()) {
    expect(alipay.scan(await newCode({ outTradeNo: `subject${nth}`, subject }))).toMatchObject({ ok: true });
  }
});
