/** A file is printed, paid by a form at Alipay, and its money given back before it is. */
import * as z from 'zod';
import { approveRefund } from './operator.ts';
import { checkBooks, payInCashier } from './provider.ts';
import { type Demo, lookUntil, type Stage, step, takenAndGivenBack } from './stage.ts';

const ALIPAY = { path: 'alipay', name: 'Alipay' } as const;
const ORDER = {
  pointID: '0026',
  money: 25,
  files: [
    {
      fileID: 'A52B4686E173B0612B71148F7F9E099A',
      fileName: '申报指南.docx',
      row: 1,
      col: 2,
      copies: 1,
      size: 'A4',
      caliper: '70g',
      color: 'mono',
      side: 1,
      startPage: 0,
      endPage: 0,
    },
  ],
};

const verified = z.object({ info: z.object({ orderID: z.string() }) });
const started = z.object({ info: z.object({ payform: z.string() }) });
const done = z.object({ result: z.literal('OK') });
const shows = (state: string) => z.object({ info: z.object({ state: z.literal(state) }) });

async function run(stage: Stage): Promise<string> {
  const token = await stage.tokenOf('1fba29cd8cc72f1ad');
  const base = `${stage.serviceUrl}/API`;
  const {
    info: { orderID },
  } = await step('The customer has a print job checked', verified, `${base}/order/verify`, { token, json: ORDER });
  const payment = `${base}/pay/payment?orderID=${orderID}&payway=ALIPAY`;
  const { info } = await step('The customer starts paying', started, payment, { token });
  const outTradeNo = await payInCashier(stage, ALIPAY, { order_string: info.payform });
  const trade = `${base}/pay/trade?orderID=${orderID}&payway=ALIPAY`;
  await lookUntil('The customer asks how the payment goes: PAID', shows('PAID'), trade, token);
  await step('The customer wants the money back', done, `${base}/order/refund`, {
    token,
    json: { orderID, reason: '不需要了' },
  });
  await approveRefund(stage, orderID);
  const detail = `${base}/order/detail?orderID=${orderID}`;
  await lookUntil('The customer looks at the order: REFUNDED', shows('REFUNDED'), detail, token);
  await checkBooks(stage, ALIPAY, { outTradeNo, amountFen: ORDER.money });
  return takenAndGivenBack(ORDER.money);
}

export const printShopDemo: Demo = { title: 'Print shop, paid by a form at Alipay', run };
