/** What a payment is by the word of WeChat Pay, and what closing it really did. */
import { expect, test } from 'vitest';
import {
  answer,
  CLOSE,
  CONFIG,
  NOW_MS,
  OUT_TRADE_NO,
  PAID,
  providerWith,
  PUBLIC_KEY_ID,
  QUERY,
  refusal,
  TRANSACTION_ID,
  UNPAID,
} from './signed-gateway.ts';

async function queryWith(content: object) {
  return providerWith({ [QUERY]: content }).provider.query(OUT_TRADE_NO);
}

test('a query is signed with its address, merchant number and all, and an empty body', async () => {
  const { provider, calls } = providerWith({ [QUERY]: PAID });
  await provider.query(OUT_TRADE_NO);
  expect(calls).toHaveLength(1);
  expect(calls[0]).toMatchObject({ target: QUERY, body: '' });
  const headers = Object.fromEntries(calls[0]?.headers ?? []);
  expect(headers).toMatchObject({
    accept: 'application/json',
    'user-agent': 'edge-orders',
    'wechatpay-serial': PUBLIC_KEY_ID,
  });
  expect(headers).not.toHaveProperty('content-type');
});

test('characters that an address cannot hold are signed as they are sent', async () => {
  const target = 'GET /v3/pay/transactions/out-trade-no/2022%7C11-22_A*?mchid=1900000109';
  const outTradeNo = '2022|11-22_A*';
  const { provider } = providerWith({ [target]: { ...PAID, out_trade_no: outTradeNo } });
  expect((await provider.query(outTradeNo)).status).toBe('paid');
});

test.each(['SUCCESS', 'REFUND'])('%s is paid', async (trade_state) => {
  expect(await queryWith({ ...PAID, trade_state })).toEqual({
    status: 'paid',
    outTradeNo: OUT_TRADE_NO,
    transactionId: TRANSACTION_ID,
    amountFen: 29_900,
    paidAtMs: Date.UTC(2022, 10, 22, 8, 38, 1),
  });
});

test.each([
  undefined,
  '',
  '2022-02-30T10:00:00+08:00',
  '2022-11-22 16:38:01',
  '2022-11-22T16:38:01Z',
  '2022-11-22T16:38:01.000+08:00',
  '1669106281',
])('paid at %j counts as paid now', async (success_time) => {
  expect(await queryWith({ ...PAID, success_time })).toMatchObject({ status: 'paid', paidAtMs: NOW_MS });
});

test.each([
  ['NOTPAY', 'unpaid'],
  ['USERPAYING', 'unpaid'],
  ['PAYERROR', 'unpaid'],
  ['CLOSED', 'closed'],
  ['REVOKED', 'closed'],
  ['ACCEPT', 'unknown'],
  ['success', 'unknown'],
  ['', 'unknown'],
  [undefined, 'unknown'],
])('the trade state %j is %s', async (trade_state, status) => {
  expect((await queryWith({ ...UNPAID, trade_state })).status).toBe(status);
  expect((await queryWith({ ...PAID, trade_state })).status).toBe(status);
});

test.each([
  ['half a fen', { amount: { total: 29_900.5 } }],
  ['an amount in words', { amount: { total: '29900' } }],
  ['no total', { amount: { payer_total: 29_900 } }],
  ['no amount', { amount: undefined }],
  ['nothing', { amount: { total: 0 } }],
  ['a negative amount', { amount: { total: -29_900 } }],
  ['more than anything may cost', { amount: { total: 10_000_000_001 } }],
  ['an amount in dollars', { amount: { total: 29_900, currency: 'USD' } }],
  ['no number of the transaction', { transaction_id: undefined }],
  ['an empty number of the transaction', { transaction_id: '' }],
  ['a number of the transaction that is none', { transaction_id: 42 }],
  ['the number of another payment', { out_trade_no: `${OUT_TRADE_NO}1` }],
  ['no payment number', { out_trade_no: undefined }],
  ['another merchant', { mchid: '1900000110' }],
  ['no merchant', { mchid: undefined }],
  ['another app', { appid: 'wx0000000000000000' }],
  ['no app', { appid: undefined }],
])('paid with %s is unknown', async (_name, change) => {
  expect(await queryWith({ ...PAID, ...change })).toEqual({ status: 'unknown', cause: expect.any(String) });
});

test('an amount without its currency is in fen', async () => {
  expect(await queryWith({ ...PAID, amount: { total: 29_900 } })).toMatchObject({ status: 'paid', amountFen: 29_900 });
});

test.each([
  ['of another merchant', { mchid: '1900000110' }],
  ['of another payment', { out_trade_no: `${OUT_TRADE_NO}1` }],
])('an unpaid answer %s is unknown too', async (_name, change) => {
  expect((await queryWith({ ...UNPAID, ...change })).status).toBe('unknown');
});

test.each(['[]', 'null', '"SUCCESS"', '42', '{}', 'trade_state=SUCCESS', ''])(
  'a signed answer that reads %j is unknown',
  async (text) => {
    const { provider } = providerWith({ [QUERY]: () => answer(200, text) });
    expect((await provider.query(OUT_TRADE_NO)).status).toBe('unknown');
  },
);

test('closing names the merchant, and then asks what came of it', async () => {
  const { provider, calls } = providerWith({
    [CLOSE]: () => answer(204, null),
    [QUERY]: { ...UNPAID, trade_state: 'CLOSED' },
  });
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'closed' });
  expect(calls.map((call) => call.target)).toEqual([CLOSE, QUERY]);
  expect(calls[0]?.content).toEqual({ mchid: CONFIG.mchId });
});

test.each([
  ['CLOSED', { ...UNPAID, trade_state: 'CLOSED' }, 'closed'],
  ['REVOKED', { ...UNPAID, trade_state: 'REVOKED' }, 'closed'],
  ['SUCCESS', PAID, 'not_open'],
  ['REFUND', { ...PAID, trade_state: 'REFUND' }, 'not_open'],
  ['NOTPAY', UNPAID, 'unknown'],
  ['USERPAYING', { ...UNPAID, trade_state: 'USERPAYING' }, 'unknown'],
  ['a state that is new', { ...UNPAID, trade_state: 'NEW' }, 'unknown'],
  ['another payment', { ...UNPAID, trade_state: 'CLOSED', out_trade_no: `${OUT_TRADE_NO}1` }, 'unknown'],
  ['that it does not exist', refusal(404, 'ORDER_NOT_EXIST'), 'absent'],
  ['that it does not exist, unsigned', () => Response.json({ code: 'ORDER_NOT_EXIST' }, { status: 404 }), 'unknown'],
  ['a system error', refusal(500, 'SYSTEM_ERROR'), 'unknown'],
])('204 and then %s is %3$s', async (_name, known, status) => {
  const { provider } = providerWith({ [CLOSE]: () => answer(204, null), [QUERY]: known });
  const closed = await provider.close(OUT_TRADE_NO);
  expect(closed.status).toBe(status);
  expect('cause' in closed).toBe(status === 'unknown');
});

test.each([
  ['200', () => answer(200, {})],
  ['200 that says closed', () => answer(200, { ...UNPAID, trade_state: 'CLOSED' })],
  ['202 while the payer is at it', () => answer(202, { code: 'USER_PAYING', message: '用户支付中' })],
  ['204 without a signature', () => new Response(null, { status: 204 })],
])('closing that is answered with %s is unknown, and nothing more is asked', async (_name, given) => {
  const { provider, calls } = providerWith({ [CLOSE]: given });
  expect(await provider.close(OUT_TRADE_NO)).toEqual({ status: 'unknown', cause: expect.any(String) });
  expect(calls).toHaveLength(1);
});
