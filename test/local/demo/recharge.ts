/** A phone is recharged in part: the money is taken at Alipay, what was not delivered goes back, and then the rest. */
import * as z from 'zod';
import { checkBooks, payInCashier } from './provider.ts';
import { type Demo, lookUntil, type Stage, step, takenAndGivenBack } from './stage.ts';

const ALIPAY = { path: 'alipay', name: 'Alipay' } as const;
const ORDER = { product_id: 123, customer_id: 456, quantity: 2, total_amount: 200, payment_method: 'alipay' };

const created = z.object({ data: z.object({ id: z.int() }) });
const started = z.object({ data: z.object({ payment_id: z.string(), qr_code: z.string() }) });
const split = z.object({ data: z.object({ split_order_ids: z.array(z.int()) }) });
const shows = (status: string) => z.object({ data: z.object({ status: z.literal(status) }) });

async function run(stage: Stage): Promise<string> {
  const token = await stage.tokenOf('456');
  const orders = `${stage.serviceUrl}/api/v1/order`;
  const byOperator = { token: stage.operatorToken };
  const {
    data: { id },
  } = await step('The customer creates an order', created, `${orders}/create`, { token, json: ORDER });
  const { data: slip } = await step('The customer asks for a code', started, `${orders}/${id}/pay`, {
    token,
    json: { scene: 'qr' },
  });
  await payInCashier(stage, ALIPAY, { order_string: slip.qr_code });
  await lookUntil('The customer looks: it waits to be recharged', shows('pending_recharge'), `${orders}/${id}`, token);
  const { data: parts } = await step('The operator splits the order', split, `${orders}/${id}/split`, {
    ...byOperator,
    json: {
      split_orders: [
        { quantity: 1, amount: 120.5 },
        { quantity: 1, amount: 79.5 },
      ],
    },
  });
  for (const [nth, part] of parts.split_order_ids.entries()) {
    await step('The operator says that a part failed', z.unknown(), `${orders}/${part}/fail`, {
      ...byOperator,
      json: { remark: '号码已停机' },
    });
    await step('The operator gives its money back', z.unknown(), `${orders}/${part}/refund`, {
      ...byOperator,
      json: { refund_amount: nth === 0 ? 120.5 : 79.5, refund_reason: '充值失败' },
    });
    await lookUntil('The customer looks: the part is refunded', shows('refunded'), `${orders}/${part}`, token);
  }
  const amountFen = ORDER.total_amount * 100;
  await checkBooks(stage, ALIPAY, { outTradeNo: slip.payment_id, amountFen });
  return takenAndGivenBack(amountFen);
}

export const rechargeDemo: Demo = { title: 'Recharge, paid by a code at Alipay and split', run };
