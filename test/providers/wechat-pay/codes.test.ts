/** Every code with which WeChat Pay refuses, for each of the calls: what is believed, and what is asked again. */
import { expect, test } from 'vitest';
import type { PaymentProvider } from '../../../src/core/payment/provider.ts';
import {
  answer,
  CLOSE,
  JSAPI,
  ORDER,
  OUT_TRADE_NO,
  providerWith,
  QUERY,
  REFUND,
  REFUND_CALL,
  REFUND_QUERY,
  refusal,
} from './signed-gateway.ts';

type Outcomes = Record<'prepay' | 'query' | 'close' | 'refund' | 'queryRefund', string>;

const NOT_CONCLUDED: Outcomes = {
  prepay: 'unknown',
  query: 'unknown',
  close: 'unknown',
  refund: 'unknown',
  queryRefund: 'unknown',
};

/** Each code under its documented status, and where it concludes anything at all. */
const CODES: [code: string, status: number, concluded: Partial<Outcomes>][] = [
  ['PARAM_ERROR', 400, { prepay: 'refused', refund: 'failed' }],
  ['INVALID_REQUEST', 400, { prepay: 'refused', close: 'not_open', refund: 'failed' }],
  ['APPID_MCHID_NOT_MATCH', 400, { prepay: 'refused' }],
  ['MCH_NOT_EXISTS', 400, { prepay: 'refused' }],
  ['MCH_NOT_EXISTS', 404, { prepay: 'refused' }],
  ['ORDER_CLOSED', 400, { prepay: 'refused', close: 'not_open' }],
  ['NO_AUTH', 403, { prepay: 'refused' }],
  ['OUT_TRADE_NO_USED', 403, { prepay: 'refused' }],
  ['RULE_LIMIT', 403, { prepay: 'refused' }],
  ['ORDER_PAID', 400, { close: 'not_open' }],
  ['ORDER_REVERSED', 400, { close: 'not_open' }],
  ['TRADE_STATE_ERROR', 400, { close: 'not_open' }],
  ['ORDER_NOT_EXIST', 404, { query: 'absent', close: 'absent' }],
  ['RESOURCE_NOT_EXISTS', 404, { queryRefund: 'absent' }],
  ['SIGN_ERROR', 401, {}],
  ['PARAM_ERROR', 401, {}],
  ['TRADE_ERROR', 403, {}],
  ['ACCOUNT_ERROR', 403, {}],
  ['NOT_ENOUGH', 403, {}],
  ['USER_ACCOUNT_ABNORMAL', 403, {}],
  ['REQUEST_BLOCKED', 403, {}],
  ['USER_PAYING', 400, {}],
  ['FREQUENCY_LIMITED', 429, {}],
  ['FREQUENCY_LIMITED', 403, {}],
  ['ORDER_NOT_EXIST', 429, {}],
  ['SYSTEM_ERROR', 500, {}],
  ['SYSTEM_ERROR', 400, {}],
  ['PARAM_ERROR', 500, {}],
  ['ORDER_NOT_EXIST', 500, {}],
  ['RESOURCE_NOT_EXISTS', 502, {}],
  ['BANK_ERROR', 500, {}],
  ['OPENID_MISMATCH', 500, {}],
  ['INVALID_TRANSACTIONID', 500, {}],
  ['SOMETHING_NEW', 400, {}],
  ['SUCCESS', 400, {}],
];

const CALLS: [call: keyof Outcomes, target: string, ask: (provider: PaymentProvider) => Promise<{ status: string }>][] =
  [
    ['prepay', JSAPI, (provider) => provider.prepay(ORDER)],
    ['query', QUERY, (provider) => provider.query(OUT_TRADE_NO)],
    ['close', CLOSE, (provider) => provider.close(OUT_TRADE_NO)],
    ['refund', REFUND_CALL, (provider) => provider.refund(REFUND)],
    ['queryRefund', REFUND_QUERY, (provider) => provider.queryRefund(REFUND)],
  ];

/** The outcomes that come with a cause. */
const EXPLAINED = new Set(['unknown', 'refused', 'failed']);

/** What a refund asks when it was refused for good. */
const NO_SUCH_REFUND = { [REFUND_QUERY]: refusal(404, 'RESOURCE_NOT_EXISTS') };

for (const [call, target, ask] of CALLS) {
  const expected = (concluded: Partial<Outcomes>) => ({ ...NOT_CONCLUDED, ...concluded })[call];

  test.each(CODES)(`${call}: %s with status %d`, async (code, status, concluded) => {
    const { provider } = providerWith({ ...NO_SUCH_REFUND, [target]: refusal(status, code) });
    const outcome = expected(concluded);
    const cause = { cause: expect.stringContaining(`${status} ${code}`) };
    expect(await ask(provider)).toEqual({ status: outcome, ...(EXPLAINED.has(outcome) && cause) });
  });

  test.each(CODES)(`${call}: %s with status %d means the same without underscores`, async (code, status, concluded) => {
    const { provider } = providerWith({
      ...NO_SUCH_REFUND,
      [target]: refusal(status, code.replaceAll('_', '')),
    });
    expect((await ask(provider)).status).toBe(expected(concluded));
  });

  test.each(CODES)(`${call}: %s with status %d is no proof without a signature`, async (code, status) => {
    const unsigned = () => Response.json({ code, message: '请求被拒绝' }, { status });
    const { provider } = providerWith({ ...NO_SUCH_REFUND, [target]: unsigned });
    expect(await ask(provider)).toEqual({
      status: 'unknown',
      cause: expect.stringMatching(new RegExp(`HTTP ${status} ${code}`)),
    });
  });
}

test('the message of a refusal is not repeated, since it may hold what was sent', async () => {
  const { provider } = providerWith({
    [JSAPI]: () =>
      answer(400, { code: 'PARAM_ERROR', message: 'openid oUpF8uMuAJO', detail: { value: 'oUpF8uMuAJO' } }),
  });
  expect(await provider.prepay(ORDER)).toEqual({ status: 'refused', cause: '400 PARAM_ERROR' });
});
