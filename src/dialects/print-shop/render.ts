/** Renders what the core knows in the words and shapes of the print shop. */

import type { OrderDetail, PersonalView } from '../../core/order/find-orders.ts';
import type { ListedState } from '../../core/order/listed-state.ts';
import type { Order } from '../../core/order/order.ts';
import type { Capture } from '../../core/payment/attempt.ts';
import { describeFiles } from './describe-files.ts';
import { detailsSchema, readDispatching, type ShownUser } from './schema.ts';
import { LIST_OF, type ListType, METHODS, STATE } from './status.ts';

/** The envelope of every success that says something. */
export function envelope(info: unknown) {
  return { result: 'OK', info };
}

/** The success of a call that only does something. */
export const DONE = { result: 'OK' } as const;

/** `POST /API/order/verify`. */
export function renderPlaced({ orderNo, details }: Order) {
  return { orderID: orderNo, desc: describeFiles(detailsSchema.parse(details).files) };
}

/** `GET /API/order/detail`; `user` is what the shop knows of whoever ordered. */
export function renderDetail({ order, listedState, captures, personal, fulfilledAtMs }: OrderDetail, user: ShownUser) {
  const { pointID, pointName, pointPhone, files, settle, isDelivered } = detailsSchema.parse(order.details);
  const { code = null, phone = null, name = null } = user;
  const payway = paywayOf(captures);
  return {
    uid: order.userId,
    code,
    username: phone,
    nickname: name,
    orderID: order.orderNo,
    orderDate: renderTime(order.createdAtMs),
    state: STATE[listedState],
    payDate: order.paidAtMs === null ? null : renderTime(order.paidAtMs),
    ...(payway === null ? {} : { payway }),
    pointName,
    pointPhone,
    printDate: fulfilledAtMs === null ? null : renderTime(fulfilledAtMs),
    pointID,
    money: order.amountFen,
    files: files.map((file) => ({ ...file, download: { enable: false, url: null } })),
    ...(isDelivered ? { dispatching: readDispatching(personal) } : {}),
    settle: settle.map(({ unitFen, count, ...kind }) => ({ ...kind, unit: unitFen, count })),
  };
}

/** One order of `GET /API/orders/info`. */
export function renderListed({ order, listedState }: PersonalView) {
  const { pointName, files } = detailsSchema.parse(order.details);
  return {
    orderID: order.orderNo,
    orderDate: renderTime(order.createdAtMs),
    state: STATE[listedState],
    money: order.amountFen,
    pointName,
    fileCount: files.length,
    filePrename: files[0]?.fileName ?? '',
  };
}

/** `GET /API/orders/amount`. */
export function renderAmounts(tally: ReadonlyMap<ListedState, number>): Record<ListType, number> {
  const amounts = { ALL: 0, PAYING: 0, PAID: 0, PRINTED: 0, FINISH: 0, REFUND: 0 };
  for (const [listed, orders] of tally) {
    amounts.ALL += orders;
    amounts[LIST_OF[STATE[listed]]] += orders;
  }
  return amounts;
}

/** How the money came that paid; what came in beside it goes back by itself, and is not shown. */
function paywayOf(captures: readonly Capture[]) {
  const provider = captures.find(({ role }) => role === 'pays')?.provider;
  if (provider === METHODS.ALIPAY.provider) return 'ALIPAY';
  return provider === METHODS.WXPAY.provider ? 'WXPAY' : null;
}

/** Epoch milliseconds as text. */
function renderTime(ms: number): string {
  return String(ms);
}
