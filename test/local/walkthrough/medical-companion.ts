/** A companion is ordered, paid at WeChat and refunded in part; another order changes to Alipay and is cancelled. */
import { approveRefund, completeOrder, findRefund, lookAtOrder } from './operator-steps.ts';
import { ask, json, keeping, openPage, post, press, show, type Step } from './shell-commands.ts';
import { onlyAt, type Surroundings, type Walk } from './walk.ts';

const TOKEN = 'MEDICAL_TOKEN';

/** The document's own order. */
const ORDER = {
  userId: 1,
  serviceId: 1,
  patientId: 1,
  addressId: 1,
  appointmentDate: '2024-01-15',
  appointmentTime: 'morning',
  specialRequirements: '无特殊要求',
  formData: {
    patientName: '张三',
    patientPhone: '13800138000',
    appointmentDate: '2024-01-15',
    appointmentTime: 'morning',
    specialRequirements: '无特殊要求',
  },
};

export const medicalCompanionWalk: Walk = {
  title: 'Medical companion, paid at WeChat',
  customer: { userId: '1', token: TOKEN },
  steps: (surroundings) => {
    const calls = callsOf(surroundings);
    return [
      ...payAtWechat(surroundings, calls),
      ...giveBackInPart(surroundings, calls),
      ...changeToAlipay(calls),
      ...onlyAt(surroundings.wechatPayUrl, (url) => [
        { title: 'What WeChat has in its books', lines: [show(`${url}/ledger`)] },
      ]),
    ];
  },
};

type Calls = { orders: string; submit: string[]; payAtWechat: string; look: string };

/** The path names an order by its id, and an operator by its number: both are kept. */
function callsOf({ serviceUrl }: Surroundings): Calls {
  const orders = `${serviceUrl}/api/order`;
  return {
    orders,
    submit: keeping(post(TOKEN, `${orders}/submit`, JSON.stringify(ORDER)), {
      ID: ['orderId', 'number'],
      ORDER: 'orderNo',
    }),
    payAtWechat: post(
      TOKEN,
      `${orders}/pay/$ID`,
      '{"paymentMethod":"wechat_pay","openId":"oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}',
    ),
    look: `${ask(TOKEN)} ${orders}/detail/$ID`,
  };
}

function payAtWechat({ serviceUrl, wechatPayUrl }: Surroundings, calls: Calls): Step[] {
  return [
    { title: "Submit the document's order", lines: calls.submit },
    {
      title: 'Start paying at WeChat: what comes is for wx.requestPayment',
      lines: keeping(calls.payAtWechat, { TICKET: ['paymentParams', 'object'] }),
    },
    ...onlyAt(wechatPayUrl, (url) => [
      {
        title: "Open WeChat's cashier: the first line shows its title, the second a link for the browser",
        lines: [
          // The sandbox answers with the page that these parameters open.
          `CASHIER=$(curl -sS -o /dev/null -w '%{redirect_url}' --data-urlencode "ticket=$TICKET" ${url}/cashier)`,
          ...openPage('$CASHIER'),
        ],
      },
      { title: 'Pay in the cashier', lines: [press(`${url}/cashier/pay`, 'ticket=$TICKET')] },
    ]),
    { title: 'Look at the order: it is paid, and says how', lines: [calls.look] },
    {
      title: 'List the paid orders, with how many they are',
      lines: [`${ask(TOKEN)} '${calls.orders}/list?userId=1&status=paid&page=1&pageSize=10'`],
    },
    {
      title: 'The operator looks: what the customer said is readable, and user 2 has a share of the order',
      lines: [lookAtOrder(serviceUrl)],
    },
  ];
}

function giveBackInPart({ serviceUrl, sandboxUrl, wechatPayUrl }: Surroundings, calls: Calls): Step[] {
  const refunds = (course: string): string[] => [
    `${show(`${sandboxUrl}/control/wechat-pay`)} ${json(`{"refunds":"${course}"}`)}`,
  ];
  return [
    completeOrder(serviceUrl),
    {
      title: 'The customer asks for 100.00 of the 299.00 back',
      lines: [post(TOKEN, `${calls.orders}/refund/$ID`, '{"reason":"服务不满意","refundAmount":100.00}')],
    },
    findRefund(serviceUrl, 'The operator looks again: the refund waits, and the share is due'),
    ...onlyAt(wechatPayUrl, () => [
      { title: 'WeChat takes its time to give money back. Let it do so at once', lines: refunds('at_once') },
    ]),
    approveRefund(serviceUrl),
    { title: 'Look again: refundInfo says refunded, and the order stays completed', lines: [calls.look] },
    ...onlyAt(wechatPayUrl, () => [{ title: 'Let WeChat take its time again', lines: refunds('on_query') }]),
  ];
}

function changeToAlipay({ orders, submit, payAtWechat: pay }: Calls): Step[] {
  return [
    { title: 'Submit another order', lines: submit },
    {
      title: 'Start paying it at WeChat, and at Alipay instead: the payment at WeChat is closed first',
      lines: [pay, post(TOKEN, `${orders}/pay/$ID`, '{"paymentMethod":"alipay"}')],
    },
    { title: 'Cancel it', lines: [post(TOKEN, `${orders}/cancel/$ID`, '{"reason":"个人原因取消"}')] },
  ];
}
