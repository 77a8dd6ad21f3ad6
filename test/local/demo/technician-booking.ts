/** A technician is booked, and the money is taken and given back at Alipay. */
import * as z from 'zod';
import { approveRefund, completeOrder } from './operator.ts';
import { checkBooks, payInCashier } from './provider.ts';
import { type Demo, lookUntil, type Stage, step, takenAndGivenBack } from './stage.ts';

const ALIPAY = { path: 'alipay', name: 'Alipay' } as const;

const placed = z.object({ data: z.object({ order_id: z.string(), order_amount: z.int() }) });
const started = z.object({ data: z.object({ order_str: z.string() }) });
const shows = (status: number) => z.object({ data: z.object({ status: z.literal(status) }) });

async function run(stage: Stage): Promise<string> {
  const token = await stage.tokenOf('50373883813');
  const booking = `${stage.serviceUrl}/V1/order`;
  const { data: order } = await step('The customer places an order', placed, booking, {
    token,
    json: { service_id: 2, technician_id: 2, order_duration: 2, pay_type: 1 },
  });
  const { order_id: orderNo, order_amount: amountFen } = order;
  const byOrder = { token, json: { order_id: orderNo } };
  const { data: slip } = await step('The customer starts paying', started, `${booking}/pay`, byOrder);
  const outTradeNo = await payInCashier(stage, ALIPAY, { order_string: slip.order_str });
  await lookUntil('The customer looks at the order: it is paid', shows(1), `${booking}/${orderNo}`, token);
  await completeOrder(stage, orderNo);
  await step('The customer asks for the money back', z.unknown(), `${booking}/pay/refund`, byOrder);
  await approveRefund(stage, orderNo);
  await lookUntil('The customer looks at the order: it is refunded', shows(3), `${booking}/${orderNo}`, token);
  await checkBooks(stage, ALIPAY, { outTradeNo, amountFen });
  return takenAndGivenBack(amountFen);
}

export const technicianBookingDemo: Demo = { title: 'Technician booking, paid at Alipay', run };
