/** Refunds: only Alipay's word that money moved is a success, and only a certain refusal is a failure. */
import { expect, test } from 'vitest';
import { OUT_TRADE_NO, providerWith, REFUND, REFUND_CALL, REFUND_QUERY, TRADE_NO } from './signed-gateway.ts';

const MOVED = {
  code: '10000',
  msg: 'Success',
  out_trade_no: OUT_TRADE_NO,
  trade_no: TRADE_NO,
  fund_change: 'Y',
  refund_fee: '120.00',
};

const REFUNDED = {
  code: '10000',
  msg: 'Success',
  out_trade_no: OUT_TRADE_NO,
  trade_no: TRADE_NO,
  out_request_no: REFUND.refundNo,
  refund_status: 'REFUND_SUCCESS',
  refund_amount: '50.00',
  total_amount: '196.00',
};

/** How the refund query says that it knows nothing. */
const NOTHING_KNOWN = { code: '10000', msg: 'Success' };

const QUERY_FAILS = { code: '20000', msg: 'Service Currently Unavailable', sub_code: 'isp.unknow-error' };

function refusal(subCode: string, code = '40004') {
  return { code, msg: 'Business Failed', sub_code: subCode, sub_msg: '退款失败' };
}

test('a refund names the payment by our number, and always sends its own', async () => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: MOVED });
  expect(await provider.refund(REFUND)).toEqual({ status: 'succeeded' });
  expect(calls.map((call) => call.bizContent)).toEqual([
    { out_trade_no: OUT_TRADE_NO, refund_amount: '50.00', out_request_no: REFUND.refundNo },
  ]);
});

test('a refund about another payment is unknown', async () => {
  const { provider } = providerWith({ [REFUND_CALL]: { ...MOVED, out_trade_no: 'another' } });
  expect((await provider.refund(REFUND)).status).toBe('unknown');
});

test.each([
  ['N', REFUNDED, 'succeeded'],
  ['N', NOTHING_KNOWN, 'unknown'],
  ['N', QUERY_FAILS, 'unknown'],
  ['N', { ...REFUNDED, refund_amount: '49.99' }, 'unknown'],
  [undefined, REFUNDED, 'succeeded'],
  [undefined, NOTHING_KNOWN, 'unknown'],
  ['y', NOTHING_KNOWN, 'unknown'],
])('fund_change=%s asks the refund query, and after %j it is %s', async (fund_change, known, status) => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: { ...MOVED, fund_change }, [REFUND_QUERY]: known });
  expect((await provider.refund(REFUND)).status).toBe(status);
  expect(calls.map((call) => call.method)).toEqual([REFUND_CALL, REFUND_QUERY]);
});

const FINAL = [
  'ACQ.TRADE_HAS_FINISHED',
  'ACQ.REASON_TRADE_REFUND_FEE_ERR',
  'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL',
  'ACQ.TRADE_NOT_ALLOW_REFUND',
  'ACQ.NOT_ALLOW_PARTIAL_REFUND',
];

test.each(FINAL)('%s is final once the refund query knows nothing of the number', async (subCode) => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: refusal(subCode), [REFUND_QUERY]: NOTHING_KNOWN });
  expect(await provider.refund(REFUND)).toEqual({ status: 'failed', cause: `40004 ${subCode}` });
  expect(calls.map((call) => call.method)).toEqual([REFUND_CALL, REFUND_QUERY]);
});

test.each(FINAL)('%s does not hide that a first try of the same number went through', async (subCode) => {
  const { provider } = providerWith({ [REFUND_CALL]: refusal(subCode), [REFUND_QUERY]: REFUNDED });
  expect(await provider.refund(REFUND)).toEqual({ status: 'succeeded' });
});

test.each(FINAL)('%s is unknown while the refund query is', async (subCode) => {
  const { provider } = providerWith({ [REFUND_CALL]: refusal(subCode), [REFUND_QUERY]: QUERY_FAILS });
  expect((await provider.refund(REFUND)).status).toBe('unknown');
});

test('a number that is taken by another amount can never pass', async () => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: refusal('ACQ.DISCORDANT_REPEAT_REQUEST') });
  expect(await provider.refund(REFUND)).toEqual({ status: 'failed', cause: '40004 ACQ.DISCORDANT_REPEAT_REQUEST' });
  expect(calls).toHaveLength(1);
});

test.each([
  [REFUNDED, 'succeeded'],
  [NOTHING_KNOWN, 'unknown'],
  [QUERY_FAILS, 'unknown'],
])('a closed trade may be one that this refund emptied: after %j it is %s', async (known, status) => {
  const { provider } = providerWith({ [REFUND_CALL]: refusal('ACQ.TRADE_HAS_CLOSE'), [REFUND_QUERY]: known });
  expect((await provider.refund(REFUND)).status).toBe(status);
});

test.each([
  ['ACQ.SELLER_BALANCE_NOT_ENOUGH', '40004'],
  ['ACQ.REASON_TRADE_BEEN_FREEZEN', '40004'],
  ['ACQ.TRADE_STATUS_ERROR', '40004'],
  ['ACQ.TRADE_NOT_EXIST', '40004'],
  ['ACQ.BUYER_ERROR', '40004'],
  ['ACQ.INVALID_PARAMETER', '40004'],
  ['ACQ.SYSTEM_ERROR', '40004'],
  ['AQC.SYSTEM_ERROR', '40004'],
  ['aop.ACQ.SYSTEM_ERROR', '40004'],
  ['ACQ.SOMETHING_NEW', '40004'],
  ['ACQ.TRADE_HAS_FINISHED', '20000'],
  ['ACQ.DISCORDANT_REPEAT_REQUEST', '20000'],
  ['isp.unknow-error', '20000'],
  ['isv.invalid-signature', '40002'],
  ['isv.app-call-limited', '40005'],
])('%s under %s may change, so the same number is tried again', async (subCode, code) => {
  const { provider, calls } = providerWith({ [REFUND_CALL]: refusal(subCode, code) });
  expect(await provider.refund(REFUND)).toEqual({ status: 'unknown', cause: `Alipay's answer: ${code} ${subCode}` });
  expect(calls).toHaveLength(1);
});

test('a refund query names both numbers', async () => {
  const { provider, calls } = providerWith({ [REFUND_QUERY]: REFUNDED });
  expect(await provider.queryRefund(REFUND)).toEqual({ status: 'succeeded' });
  expect(calls.map((call) => call.bizContent)).toEqual([
    { out_trade_no: OUT_TRADE_NO, out_request_no: REFUND.refundNo },
  ]);
});

test.each([
  ['success with the amount written short', { ...REFUNDED, refund_amount: '50' }, 'succeeded'],
  ['success without an amount', { ...REFUNDED, refund_amount: undefined }, 'succeeded'],
  ['success with another amount', { ...REFUNDED, refund_amount: '50.01' }, 'unknown'],
  ['success with an unreadable amount', { ...REFUNDED, refund_amount: '5e1' }, 'unknown'],
  ['success of another refund', { ...REFUNDED, out_request_no: 'another' }, 'unknown'],
  ['success of another payment', { ...REFUNDED, out_trade_no: 'another' }, 'unknown'],
  ['a status that nobody knows', { ...REFUNDED, refund_status: 'REFUND_PROCESSING' }, 'unknown'],
  ['no status', { ...REFUNDED, refund_status: undefined }, 'absent'],
  ['an empty status', { ...REFUNDED, refund_status: '' }, 'absent'],
  ['nothing', NOTHING_KNOWN, 'absent'],
  ['no such trade', refusal('ACQ.TRADE_NOT_EXIST'), 'absent'],
  ['no such trade, under the code for an unknown outcome', refusal('ACQ.TRADE_NOT_EXIST', '20000'), 'unknown'],
  ['a system error', refusal('ACQ.SYSTEM_ERROR'), 'unknown'],
  ['a misspelt system error', refusal('AQC.SYSTEM_ERROR'), 'unknown'],
  ['a success under the code for an unknown outcome', { ...REFUNDED, code: '20000' }, 'unknown'],
  ['something new', refusal('ACQ.SOMETHING_NEW'), 'unknown'],
])('a refund query that says %s', async (_name, inner, status) => {
  const { provider } = providerWith({ [REFUND_QUERY]: inner });
  expect((await provider.queryRefund(REFUND)).status).toBe(status);
});
