/** A phone is recharged: paid by a code at WeChat, split by the operator, one part delivered and the other refunded. */
import { lookAtOrder } from './operator-steps.ts';
import { ask, keeping, openPage, OPERATOR, post, press, type Step } from './shell-commands.ts';
import { onlyAt, type Surroundings, type Walk } from './walk.ts';

const TOKEN = 'RECHARGE_TOKEN';

/** Two times the demo product. */
const ORDER = { product_id: 123, customer_id: 456, quantity: 2, total_amount: 200, payment_method: 'wechat' };
const PARTS = {
  split_orders: [
    { quantity: 1, amount: 120.5 },
    { quantity: 1, amount: 79.5 },
  ],
  remark: '分两次充值',
};
const SUPPLIER = { api_id: 123, api_order_number: 'API123456', api_trade_num: 'TRADE123456' };

export const rechargeWalk: Walk = {
  title: 'Recharge, paid by a code at WeChat',
  customer: { userId: '456', token: TOKEN },
  steps: (surroundings) => [...payByCode(surroundings), ...workOnParts(surroundings), ...cancelAnother(surroundings)],
};

function payByCode({ serviceUrl, wechatPayUrl }: Surroundings): Step[] {
  const orders = `${serviceUrl}/api/v1/order`;
  return [
    {
      title: 'Create an order of two',
      lines: keeping(post(TOKEN, `${orders}/create`, JSON.stringify(ORDER)), {
        ID: ['id', 'number'],
        ORDER: 'order_number',
      }),
    },
    {
      title: 'Start paying: a code to be scanned with WeChat',
      lines: keeping(post(TOKEN, `${orders}/$ID/pay`, '{}'), { PAYMENT: 'payment_id', CODE: 'code_url' }),
    },
    ...onlyAt(wechatPayUrl, (url) => [
      {
        title: 'Scan it: the first line shows the title of the cashier, the second a link for the browser',
        lines: [
          `CASHIER=$(curl -sS -G -o /dev/null -w '%{url_effective}' --data-urlencode "code_url=$CODE" ${url}/cashier)`,
          ...openPage('$CASHIER'),
        ],
      },
      { title: 'Pay with the code', lines: [press(`${url}/cashier/pay`, 'ticket=$CODE')] },
    ]),
    {
      title: 'The customer says so too: only what WeChat answers counts',
      lines: [
        post(
          TOKEN,
          `${orders}/$ID/payment`,
          JSON.stringify({ payment_id: '$PAYMENT', payment_time: '2024-03-15T10:00:00Z' }),
        ),
      ],
    },
    { title: 'Look at the order: it waits to be recharged', lines: [`${ask(TOKEN)} ${orders}/$ID`] },
  ];
}

function workOnParts({ serviceUrl }: Surroundings): Step[] {
  const orders = `${serviceUrl}/api/v1/order`;
  const list = `${ask(TOKEN)} '${orders}/list?page=1&page_size=2'`;
  return [
    {
      title: 'The operator splits it: the parts share its payment',
      lines: [post(OPERATOR, `${orders}/$ID/split`, JSON.stringify(PARTS))],
    },
    {
      title: 'List the parts, the last one first, and keep that one',
      lines: [
        `ANSWER=$(${list}); printf '%s\\n' "$ANSWER"`,
        `ID=$(printf '%s' "$ANSWER" | sed 's/.*"items":\\[{"id":\\([0-9]*\\).*/\\1/'); echo "ID is $ID"`,
        `ORDER=$(printf '%s' "$ANSWER" | sed 's/.*"items":\\[{"id":[0-9]*,"order_number":"\\([^"]*\\)".*/\\1/'); echo "ORDER is $ORDER"`,
      ],
    },
    {
      title: 'The operator hands the part to the supplier',
      lines: [post(OPERATOR, `${orders}/$ID/recharge`, JSON.stringify(SUPPLIER))],
    },
    { title: "Look at the operator's view: the supplier's numbers are in the log", lines: [lookAtOrder(serviceUrl)] },
    {
      title: 'The recharge fails',
      lines: [post(OPERATOR, `${orders}/$ID/fail`, '{"remark":"号码已停机"}')],
    },
    {
      title: 'The operator gives the money of this part back',
      lines: [post(OPERATOR, `${orders}/$ID/refund`, '{"refund_amount":79.5,"refund_reason":"充值失败"}')],
    },
    {
      title: 'The one before it is recharged',
      lines: [
        'ID=$((ID - 1)); echo "ID is $ID"',
        post(OPERATOR, `${orders}/$ID/recharge`, JSON.stringify(SUPPLIER)),
        `${ask(OPERATOR)} -X POST ${orders}/$ID/success`,
      ],
    },
    { title: 'List the orders again: one split, one success', lines: [`${ask(TOKEN)} ${orders}/list`] },
  ];
}

function cancelAnother({ serviceUrl }: Surroundings): Step[] {
  const orders = `${serviceUrl}/api/v1/order`;
  const another = { ...ORDER, payment_method: 'alipay', remark: '备注信息' };
  return [
    {
      title: 'Create another order, and cancel it',
      lines: [
        ...keeping(post(TOKEN, `${orders}/create`, JSON.stringify(another)), { ID: ['id', 'number'] }),
        post(TOKEN, `${orders}/$ID/cancel`, '{"cancel_reason":"不需要了"}'),
      ],
    },
  ];
}
