/** Projects the core's states and providers onto the words of the print shop. */

import type { FulfilmentPolicy } from '../../core/order/command.ts';
import type { ListedState } from '../../core/order/listed-state.ts';

/** The folder's name, as orders carry it. */
export const NAME = 'print-shop';

/** An order's `state`. */
export type State = 'PAYING' | 'PAID' | 'PRINTED' | 'FINISH' | 'CANCEL' | 'REFUNDING' | 'REFUNDED';

/** An order that has run out counts as cancelled, from the moment the cron has moved it. */
export const STATE: Readonly<Record<ListedState, State>> = {
  pending_payment: 'PAYING',
  'paid/unfulfilled': 'PAID',
  'paid/fulfilled': 'PRINTED',
  completed: 'FINISH',
  cancelled: 'CANCEL',
  expired: 'CANCEL',
  'paid/unfulfilled/refunding': 'REFUNDING',
  'paid/fulfilled/refunding': 'REFUNDING',
  refunded: 'REFUNDED',
  // Nothing here is half printed, and nothing is split or absorbed.
  'paid/in_progress': 'PAID',
  'paid/partially_fulfilled': 'PAID',
  'paid/failed': 'PAID',
  'paid/in_progress/refunding': 'REFUNDING',
  'paid/partially_fulfilled/refunding': 'REFUNDING',
  'paid/failed/refunding': 'REFUNDING',
  split: 'PAID',
  absorbed: 'FINISH',
};

/** `type` of the list, and the fields of the counts in the order of the document. */
export const LIST_TYPES = ['ALL', 'PAYING', 'PAID', 'PRINTED', 'FINISH', 'REFUND'] as const;
export type ListType = (typeof LIST_TYPES)[number];

/** The list that each state is in, beside the one of all. */
export const LIST_OF: Readonly<Record<State, Exclude<ListType, 'ALL'>>> = {
  PAYING: 'PAYING',
  PAID: 'PAID',
  PRINTED: 'PRINTED',
  FINISH: 'FINISH',
  CANCEL: 'FINISH',
  REFUNDING: 'REFUND',
  REFUNDED: 'REFUND',
};

/** The orders of each list: lists and counts both follow from the tables above, and so agree. */
export function statesOf(type: ListType): readonly ListedState[] | 'all' {
  return type === 'ALL' ? 'all' : LISTED_STATES.filter((listed) => LIST_OF[STATE[listed]] === type);
}

const LISTED_STATES = Object.keys(STATE).filter((key): key is ListedState => Object.hasOwn(STATE, key));

/** The ways to pay that the payment document knows. */
export const PAYWAYS = ['WXPAY', 'ALIPAY'] as const;
export type Payway = (typeof PAYWAYS)[number];

/** How each `payway` is paid: by a code that is scanned, or on Alipay's own page. */
export const METHODS = {
  WXPAY: { provider: 'wechat-pay', kind: 'qr_code' },
  ALIPAY: { provider: 'alipay', kind: 'html_form' },
} as const satisfies Readonly<Record<Payway, object>>;

/** What operators may do with a paid order: say that it is printed, and then that it was fetched or delivered. */
export const FULFILMENT: FulfilmentPolicy = {
  moves: {
    fulfilled: ['unfulfilled'],
    completed: ['fulfilled'],
  },
  refundFrom: ['unfulfilled'],
  whileRefunding: 'waits',
};
