/** A file is printed: priced, paid by a form at Alipay, and wanted back; another order shows its code and is cancelled. */
import { approveRefund, findRefund } from './operator-steps.ts';
import { ask, json, keeping, post, press, show, type Step } from './shell-commands.ts';
import { onlyAt, type Surroundings, type Walk } from './walk.ts';

const TOKEN = 'PRINT_TOKEN';

/** The document's own order. */
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
  dispatching: { nickname: '', phone: '', address: '', message: '' },
};

export const printShopWalk: Walk = {
  title: 'Print shop, paid by a form at Alipay',
  customer: { userId: '1fba29cd8cc72f1ad', token: TOKEN },
  steps: (surroundings) => [
    ...payByForm(surroundings),
    ...giveBack(surroundings),
    ...showCode(surroundings),
    ...onlyAt(surroundings.alipayUrl, (url) => [
      { title: 'What Alipay has in its books', lines: [show(`${url}/ledger`)] },
    ]),
  ],
};

const verify = ({ serviceUrl }: Surroundings): string[] =>
  keeping(post(TOKEN, `${serviceUrl}/API/order/verify`, JSON.stringify(ORDER)), { ORDER: 'orderID' });

function payByForm(surroundings: Surroundings): Step[] {
  const { serviceUrl, alipayUrl } = surroundings;
  return [
    { title: 'Have a print job checked and priced: 25 fen', lines: verify(surroundings) },
    {
      title: 'Start paying at Alipay: a form that submits itself',
      lines: [
        `ANSWER=$(${ask(TOKEN)} "${serviceUrl}/API/pay/payment?orderID=$ORDER&payway=ALIPAY"); printf '%s\\n' "$ANSWER"`,
        // The form stands in JSON, where its quotes are escaped.
        `FORM=$(printf '%s' "$ANSWER" | sed 's/.*"payform":"\\(.*\\)"}}.*/\\1/; s/\\\\"/"/g')`,
      ],
    },
    ...onlyAt(alipayUrl, (url) => [
      {
        title: 'Keep the form in a page: open it in a browser and the cashier comes up',
        lines: [
          `PAGE=\${TMPDIR:-/tmp}/print-shop-cashier.html; printf '<!doctype html><meta charset="utf-8">%s' "$FORM" > "$PAGE"`,
          'echo "file://$PAGE"',
        ],
      },
      { title: 'Pay with the form', lines: [press(`${url}/cashier/pay`, 'order_string=$FORM')] },
    ]),
    {
      title: 'Ask how the payment goes: PAID',
      lines: [`${ask(TOKEN)} "${serviceUrl}/API/pay/trade?orderID=$ORDER&payway=ALIPAY"`],
    },
    { title: 'Look at the order', lines: [`${ask(TOKEN)} "${serviceUrl}/API/order/detail?orderID=$ORDER"`] },
  ];
}

function giveBack({ serviceUrl }: Surroundings): Step[] {
  return [
    {
      title: 'The customer wants the money back before it is printed',
      lines: [post(TOKEN, `${serviceUrl}/API/order/refund`, '{"orderID":"$ORDER","reason":"不需要了"}')],
    },
    findRefund(serviceUrl, 'The operator looks at the print order: a refund waits'),
    approveRefund(serviceUrl),
    {
      title: 'Look at the counts: one REFUND',
      lines: [`${ask(TOKEN)} ${serviceUrl}/API/orders/amount`],
    },
  ];
}

function showCode(surroundings: Surroundings): Step[] {
  const { serviceUrl } = surroundings;
  return [
    { title: 'Have another job checked', lines: verify(surroundings) },
    {
      title: 'Start paying it at WeChat: the address of a picture, for the browser',
      lines: keeping(`${ask(TOKEN)} "${serviceUrl}/API/pay/payment?orderID=$ORDER&payway=WXPAY"`, {
        PICTURE: 'QRCode',
      }),
    },
    { title: 'Get the picture, without a token', lines: [`curl -sS "$PICTURE" | cut -c 1-60`] },
    {
      title: 'Cancel the second job',
      lines: [`${ask(TOKEN)} -X PUT ${json('{"orderID":"$ORDER"}')} ${serviceUrl}/API/order/cancel`],
    },
    {
      title: 'List all print orders',
      lines: [`${ask(TOKEN)} '${serviceUrl}/API/orders/info?limits=10&page=1&type=ALL'`],
    },
  ];
}
