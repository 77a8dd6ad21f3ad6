/** A plan is paid by a code at Alipay, and a part of it given back; what is unused of the rest goes to the balance. */
import * as z from 'zod';
import { checkBooks, payInCashier } from './provider.ts';
import { type Demo, lookUntil, type Stage, step } from './stage.ts';

const ALIPAY = { path: 'alipay', name: 'Alipay' } as const;
/** A month of plan 2, and what of it is given back, fen. */
const PRICE_FEN = 2000;
const BACK_FEN = 500;
/** A month of plan 1. */
const CHEAPER_FEN = 10;

const saved = z.object({ data: z.string() });
const coded = z.object({ type: z.literal(0), data: z.string() });
const free = z.object({ type: z.literal(-1), data: z.literal(true) });
const shows = (status: number) => z.object({ data: z.literal(status) });
const given = z.object({ status: z.enum(['processing', 'succeeded']) });
const account = z.object({ balanceFen: z.int().nonnegative(), ledger: z.array(z.object({ kind: z.string() })) });

async function run(stage: Stage): Promise<string> {
  // Somebody new each time: whoever has a plan already would change it with the first order.
  const userId = String(Date.now());
  const token = await stage.tokenOf(userId);
  const orders = `${stage.serviceUrl}/user/order`;
  const save = (title: string, plan: number) =>
    step(title, saved, `${orders}/save`, { token, json: { cycle: 'month_price', plan_id: plan } });
  const checkout = { token, json: { method: 10 } };
  const byOperator = { token: stage.operatorToken };

  const { data: first } = await save('The customer orders a month of plan 2', 2);
  const { data: code } = await step('The customer asks for a code', coded, `${orders}/checkout`, {
    ...checkout,
    json: { ...checkout.json, trade_no: first },
  });
  const outTradeNo = await payInCashier(stage, ALIPAY, { order_string: code });
  const check = (tradeNo: string): string => `${orders}/check?trade_no=${tradeNo}`;
  await lookUntil('The customer looks: it is paid and opened', shows(3), check(first), token);
  await step(
    'The operator gives a part of the money back',
    given,
    `${stage.serviceUrl}/admin/orders/${first}/refunds`,
    {
      ...byOperator,
      json: { amountFen: BACK_FEN, reason: '服务中断补偿' },
    },
  );

  const { data: second } = await save('The customer changes to plan 1, which is cheaper', 1);
  await step('There is nothing to pay', free, `${orders}/checkout`, { token, json: { trade_no: second, method: 10 } });
  await lookUntil('The customer looks: it is opened', shows(3), check(second), token);
  await lookUntil('The customer looks at the first order: it is absorbed', shows(4), check(first), token);
  const user = `${stage.serviceUrl}/admin/catalog/users/${userId}`;
  const { balanceFen } = await step('What the operator sees of the balance', account, user, byOperator);
  // A few seconds of the month have been used.
  const unusedFen = PRICE_FEN - BACK_FEN - CHEAPER_FEN;
  if (balanceFen > unusedFen || balanceFen < unusedFen - 1) throw new Error(`${balanceFen} fen are on the balance.`);
  await checkBooks(stage, ALIPAY, { outTradeNo, amountFen: PRICE_FEN, backFen: BACK_FEN });
  return `${PRICE_FEN} fen were taken, ${BACK_FEN} given back, and ${balanceFen} are on the balance.`;
}

export const subscriptionDemo: Demo = { title: 'Subscription, paid by a code at Alipay and changed', run };
