/** A refund: what is sent, when money is back, and what is never concluded too early. */
import { expect, test } from 'vitest';
import {
  answer,
  OUT_TRADE_NO,
  providerWith,
  REFUND,
  REFUND_CALL,
  REFUND_QUERY,
  REFUNDED,
  refusal,
  TRANSACTION_ID,
} from './signed-gateway.ts';

const NOTHING_KNOWN = refusal(404, 'RESOURCE_NOT_EXISTS');
const FINAL = ['PARAM_ERROR', 'INVALID_REQUEST'];

test('a refund names the payment that was captured, its own number, both amounts, and where to tell of its end', async () => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: REFUNDED });
  expect(await provider.refund(REFUND)).toEqual({ status: 'succeeded' });
  expect(calls.map((call) => call.content)).toEqual([
    {
      transaction_id: TRANSACTION_ID,
      out_refund_no: REFUND.refundNo,
      notify_url: 'https://orders.example/callback/wechat/refund',
      amount: { refund: 5_000, total: 29_900, currency: 'CNY' },
    },
  ]);
});

test('a refund is sent in the same words each time', async () => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: REFUNDED });
  await provider.refund(REFUND);
  await provider.refund({ ...REFUND });
  expect(calls[1]?.body).toBe(calls[0]?.body);
});

test('a refund query goes by the number of the refund', async () => {
  const { provider, calls } = providerWith({ [REFUND_QUERY]: REFUNDED });
  expect(await provider.queryRefund(REFUND)).toEqual({ status: 'succeeded' });
  expect(calls.map((call) => call.target)).toEqual([REFUND_QUERY]);
});

/** What both the answer to a refund and the answer to a refund query may say, which is the same. */
const STATUSES: [name: string, content: object, status: string][] = [
  ['SUCCESS', REFUNDED, 'succeeded'],
  ['PROCESSING', { ...REFUNDED, status: 'PROCESSING' }, 'processing'],
  ['CLOSED', { ...REFUNDED, status: 'CLOSED' }, 'failed'],
  ['ABNORMAL', { ...REFUNDED, status: 'ABNORMAL' }, 'unknown'],
  ['a status that is new', { ...REFUNDED, status: 'SETTLING' }, 'unknown'],
  ['success in small letters', { ...REFUNDED, status: 'success' }, 'unknown'],
  ['no status', { ...REFUNDED, status: undefined }, 'unknown'],
  ['the status of a notification', { ...REFUNDED, status: undefined, refund_status: 'SUCCESS' }, 'unknown'],
  ['success of another refund', { ...REFUNDED, out_refund_no: `${REFUND.refundNo}1` }, 'unknown'],
  ['success of no refund', { ...REFUNDED, out_refund_no: undefined }, 'unknown'],
  ['success for another payment', { ...REFUNDED, out_trade_no: `${OUT_TRADE_NO}1` }, 'unknown'],
  ['success of another amount', { ...REFUNDED, amount: { refund: 4_999, total: 29_900 } }, 'unknown'],
  ['success of the amount as text', { ...REFUNDED, amount: { refund: '5000', total: 29_900 } }, 'unknown'],
  ['success out of another total', { ...REFUNDED, amount: { refund: 5_000, total: 5_000 } }, 'unknown'],
  ['success without amounts', { ...REFUNDED, amount: undefined }, 'unknown'],
  ['failure of another refund', { ...REFUNDED, status: 'CLOSED', out_refund_no: 'another' }, 'unknown'],
];

test.each(STATUSES)('a refund that is answered with %s', async (_name, content, status) => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: content });
  expect((await provider.refund(REFUND)).status).toBe(status);
  expect(calls).toHaveLength(1);
});

test.each(STATUSES)('a refund query that is answered with %s', async (_name, content, status) => {
  const { provider } = providerWith({ [REFUND_QUERY]: content });
  expect((await provider.queryRefund(REFUND)).status).toBe(status);
});

test('an abnormal refund says so, because an operator has to act', async () => {
  const { provider } = providerWith({ [REFUND_QUERY]: { ...REFUNDED, status: 'ABNORMAL' } });
  expect(await provider.queryRefund(REFUND)).toMatchObject({ cause: expect.stringContaining('ABNORMAL') });
});

test.each([201, 202])('a refund in an answer with status %d is not believed', async (status) => {
  const { provider } = providerWith({ [REFUND_CALL]: () => answer(status, REFUNDED) });
  expect((await provider.refund(REFUND)).status).toBe('unknown');
});

test.each(FINAL)('%s is final once the refund query knows nothing of the number', async (code) => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: refusal(400, code), [REFUND_QUERY]: NOTHING_KNOWN });
  expect(await provider.refund(REFUND)).toEqual({ status: 'failed', cause: `400 ${code}` });
  expect(calls.map((call) => call.target)).toEqual([REFUND_CALL, REFUND_QUERY]);
});

test.each([
  ['succeeded', REFUNDED, 'succeeded'],
  ['is under way', { ...REFUNDED, status: 'PROCESSING' }, 'processing'],
  ['came to nothing', { ...REFUNDED, status: 'CLOSED' }, 'failed'],
  ['came back', { ...REFUNDED, status: 'ABNORMAL' }, 'unknown'],
  ['was of another amount', { ...REFUNDED, amount: { refund: 1, total: 29_900 } }, 'unknown'],
  ['cannot be told', refusal(500, 'SYSTEM_ERROR'), 'unknown'],
  ['is said not to exist, unsigned', () => Response.json({ code: 'RESOURCE_NOT_EXISTS' }, { status: 404 }), 'unknown'],
])('a final refusal does not hide that a first try of the same number %s', async (_name, known, status) => {
  for (const code of FINAL) {
    const { provider } = providerWith({ [REFUND_CALL]: refusal(400, code), [REFUND_QUERY]: known });
    expect((await provider.refund(REFUND)).status).toBe(status);
  }
});

test.each([
  ['NOT_ENOUGH', 403],
  ['USER_ACCOUNT_ABNORMAL', 403],
  ['NO_AUTH', 403],
  ['FREQUENCY_LIMITED', 429],
  ['SYSTEM_ERROR', 500],
  ['RESOURCE_NOT_EXISTS', 404],
])('%s may change, so the same number is tried again and nothing else is asked', async (code, status) => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: refusal(status, code) });
  expect(await provider.refund(REFUND)).toEqual({
    status: 'unknown',
    cause: expect.stringMatching(new RegExp(`${status} ${code}$`)),
  });
  expect(calls).toHaveLength(1);
});
