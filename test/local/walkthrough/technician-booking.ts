/** A technician is booked, paid at Alipay and refunded; another booking is deleted. */
import { approveRefund, completeOrder, findRefund } from './operator-steps.ts';
import { ask, keeping, openPage, post, press, show } from './shell-commands.ts';
import { onlyAt, type Walk } from './walk.ts';

const TOKEN = 'BOOKING_TOKEN';

export const technicianBookingWalk: Walk = {
  title: 'Technician booking, paid at Alipay',
  customer: { userId: '50373883813', token: TOKEN },
  steps: ({ serviceUrl, alipayUrl }) => {
    const booking = `${serviceUrl}/V1/order`;
    const place = post(TOKEN, booking, '{"service_id":2,"technician_id":2,"order_duration":2,"pay_type":1}');
    const pay = post(TOKEN, `${booking}/pay`, '{"order_id":"$ORDER"}');
    const startPaying = keeping(pay, { PAYMENT: 'payment_id', ORDER_STR: 'order_str' });
    const look = `${ask(TOKEN)} ${booking}/$ORDER`;
    return [
      { title: 'Place an order', lines: keeping(place, { ORDER: 'order_id' }) },
      { title: 'List the orders', lines: [`${ask(TOKEN)} '${booking}/?page=1&order_type=1'`] },
      { title: 'Look at the order', lines: [look] },
      { title: 'Start paying', lines: startPaying },
      ...onlyAt(alipayUrl, (url) => [
        {
          title: 'Open the cashier for that order: the first line shows its title, the second a link for the browser',
          lines: openPage(`${url}/cashier?$ORDER_STR`),
        },
      ]),
      { title: 'Walk away from the payment', lines: [`${ask(TOKEN)} -X DELETE ${booking}/pay/$PAYMENT`] },
      { title: 'Start paying again, as also when a slip has run out', lines: startPaying },
      ...onlyAt(alipayUrl, (url) => [
        {
          title: 'Press the button in the cashier',
          lines: [press(`${url}/cashier/pay`, 'order_string=$ORDER_STR')],
        },
      ]),
      { title: 'Look again: status 1 is paid', lines: [look] },
      completeOrder(serviceUrl),
      {
        title: 'The customer asks for the money back',
        lines: [post(TOKEN, `${booking}/pay/refund`, '{"order_id":"$ORDER"}')],
      },
      findRefund(serviceUrl, 'The operator looks at the order, with its payments, refunds and log'),
      approveRefund(serviceUrl),
      { title: 'Look again: status 3 is refunded', lines: [look] },
      { title: 'Place another order', lines: keeping(place, { ORDER: 'order_id' }) },
      { title: 'Delete it', lines: [`${ask(TOKEN)} -X DELETE ${booking}/$ORDER`] },
      ...onlyAt(alipayUrl, (url) => [{ title: 'What Alipay has in its books', lines: [show(`${url}/ledger`)] }]),
    ];
  },
};
