/** A companion is ordered, and the money is taken at WeChat and given back in two parts. */
import * as z from 'zod';
import { fenOfYuan } from '../../../src/core/money.ts';
import { approveRefund, completeOrder } from './operator.ts';
import { checkBooks, payInCashier, withRefundsAtOnce } from './provider.ts';
import { type Demo, lookUntil, type Stage, step, takenAndGivenBack } from './stage.ts';

const WECHAT = { path: 'wechat-pay', name: 'WeChat' } as const;
const ORDER = {
  userId: 1,
  serviceId: 1,
  patientId: 1,
  addressId: 1,
  appointmentDate: '2024-01-15',
  appointmentTime: 'morning',
  specialRequirements: '无特殊要求',
};
/** What is asked back first, in yuan. */
const PART = 100;

const placed = z.object({ data: z.object({ orderId: z.int(), orderNo: z.string() }) });
const started = z.object({
  data: z.object({ amount: z.number(), paymentParams: z.record(z.string(), z.string()) }),
});
const paid = z.object({ data: z.object({ status: z.literal('paid') }) });
const refunded = (status: string, refundAmount: number) =>
  z.object({
    data: z.object({
      status: z.literal(status),
      refundInfo: z.object({ refundAmount: z.literal(refundAmount), status: z.literal('refunded') }),
    }),
  });

async function run(stage: Stage): Promise<string> {
  const token = await stage.tokenOf('1');
  const orders = `${stage.serviceUrl}/api/order`;
  const {
    data: { orderId, orderNo },
  } = await step('The customer submits an order', placed, `${orders}/submit`, { token, json: ORDER });
  const {
    data: { amount, paymentParams },
  } = await step('The customer starts paying', started, `${orders}/pay/${orderId}`, {
    token,
    json: { paymentMethod: 'wechat_pay', openId: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  });
  const outTradeNo = await payInCashier(stage, WECHAT, { ticket: JSON.stringify(paymentParams) });
  const detail = `${orders}/detail/${orderId}`;
  await lookUntil('The customer looks at the order: it is paid', paid, detail, token);
  await completeOrder(stage, orderNo);
  await withRefundsAtOnce(stage, async () => {
    for (const { yuan, status } of [
      { yuan: PART, status: 'completed' },
      { yuan: amount - PART, status: 'refunded' },
    ]) {
      await step(`The customer asks for ${yuan} yuan back`, z.unknown(), `${orders}/refund/${orderId}`, {
        token,
        json: { reason: '服务不满意', refundAmount: yuan },
      });
      await approveRefund(stage, orderNo);
      const title = `The customer looks at the order: ${yuan} yuan are back, and it is ${status}`;
      await lookUntil(title, refunded(status, yuan), detail, token);
    }
  });
  const amountFen = fenOfYuan(amount) ?? 0;
  await checkBooks(stage, WECHAT, { outTradeNo, amountFen });
  return takenAndGivenBack(amountFen);
}

export const medicalCompanionDemo: Demo = { title: 'Medical companion, paid at WeChat', run };
