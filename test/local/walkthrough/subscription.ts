/** A subscription is paid by a code at Alipay, changed twice, paid at WeChat and out of the balance; an order is cancelled. */
import { ask, json, keeping, openPage, OPERATOR, post, press, type Step } from './shell-commands.ts';
import { onlyAt, type Surroundings, type Walk } from './walk.ts';

const TOKEN = 'SUBSCRIPTION_TOKEN';
const USER_ID = '2057';

export const subscriptionWalk: Walk = {
  title: 'Subscription, paid by a code at Alipay',
  customer: { userId: USER_ID, token: TOKEN },
  steps: (surroundings) => [
    ...payByCode(surroundings),
    ...changeToDearer(surroundings),
    ...changeToCheaper(surroundings),
    ...cancelAnother(surroundings),
  ],
};

const ordersAt = ({ serviceUrl }: Surroundings): string => `${serviceUrl}/user/order`;

/** Orders a plan, and keeps the number. */
const save = (surroundings: Surroundings, order: Record<string, unknown>): string[] =>
  keeping(post(TOKEN, `${ordersAt(surroundings)}/save`, JSON.stringify(order)), { ORDER: 'data' });

const checkout = (surroundings: Surroundings, method: number): string =>
  post(TOKEN, `${ordersAt(surroundings)}/checkout`, JSON.stringify({ trade_no: '$ORDER', method }));

const details = (surroundings: Surroundings): string =>
  `${ask(TOKEN)} "${ordersAt(surroundings)}/details?trade_no=$ORDER"`;

/** Pays a code, with the page that it leads to. `field` is what the cashier takes it in. */
function payCode(url: string, field: 'order_string' | 'ticket'): Step[] {
  return [
    {
      title: 'Scan it: the first line shows the title of the cashier, the second a link for the browser',
      lines: [
        `CASHIER=$(curl -sS -G -o /dev/null -w '%{url_effective}' --data-urlencode "code_url=$CODE" ${url}/cashier)`,
        ...openPage('$CASHIER'),
      ],
    },
    { title: 'Pay with the code', lines: [press(`${url}/cashier/pay`, `${field}=$CODE`)] },
  ];
}

function payByCode(surroundings: Surroundings): Step[] {
  const orders = ordersAt(surroundings);
  return [
    { title: 'See what can be paid with', lines: [`${ask(TOKEN)} ${orders}/getPaymentMethod`] },
    {
      title: "Order the document's month of plan 1, for 10 fen",
      lines: save(surroundings, { cycle: 'month_price', plan_id: 1 }),
    },
    {
      title: "Start paying with method 10: a code of Alipay's",
      lines: keeping(checkout(surroundings, 10), { CODE: 'data' }),
    },
    ...onlyAt(surroundings.alipayUrl, (url) => payCode(url, 'order_string')),
    {
      title: 'Look at the status: 3 is paid and opened',
      lines: [`${ask(TOKEN)} "${orders}/check?trade_no=$ORDER"`],
    },
  ];
}

function changeToDearer(surroundings: Surroundings): Step[] {
  const { serviceUrl, wechatPayUrl } = surroundings;
  return [
    {
      title: 'The operator puts 500 fen on the balance of the user',
      lines: [
        `${ask(OPERATOR)} -X PUT ${json('{"balanceFen":500,"reason":"周年回馈"}')} ${serviceUrl}/admin/catalog/users/${USER_ID}`,
      ],
    },
    {
      title: 'Change to plan 2, 2000 fen a month: what is unused of plan 1 and the balance pay a part',
      lines: [...save(surroundings, { cycle: 'month_price', plan_id: 2 }), details(surroundings)],
    },
    {
      title:
        "Start paying with method 12, on Alipay's page, and with method 11 instead: the one at Alipay is closed first",
      lines: [checkout(surroundings, 12), ...keeping(checkout(surroundings, 11), { CODE: 'data' })],
    },
    ...onlyAt(wechatPayUrl, (url) => payCode(url, 'ticket')),
    {
      title: 'Look at all orders: the first one is absorbed, which is 4',
      lines: [`${ask(TOKEN)} ${ordersAt(surroundings)}/fetch`],
    },
  ];
}

function changeToCheaper(surroundings: Surroundings): Step[] {
  return [
    {
      title: 'Change to a year of plan 1 with a coupon: more is unused than it costs, so nothing is to be paid',
      lines: [...save(surroundings, { cycle: 'year_price', plan_id: 1, coupon_code: 'DEMO10' }), details(surroundings)],
    },
    { title: 'Check it out: type -1 is paid at once', lines: [checkout(surroundings, 10)] },
  ];
}

function cancelAnother(surroundings: Surroundings): Step[] {
  const { serviceUrl } = surroundings;
  return [
    {
      title: 'Order another month, which the balance pays, and cancel it',
      lines: [
        ...save(surroundings, { cycle: 'month_price', plan_id: 1 }),
        post(TOKEN, `${ordersAt(surroundings)}/cancel`, '{"trade_no":"$ORDER"}'),
      ],
    },
    {
      title: 'Look at the user as the operator sees them: the balance, and each change of it',
      lines: [`${ask(OPERATOR)} ${serviceUrl}/admin/catalog/users/${USER_ID}`],
    },
  ];
}
