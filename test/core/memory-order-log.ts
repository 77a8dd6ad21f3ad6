/** The order's log in memory: what `db/order-log.ts` does in D1, with nothing but the version as its guard. */
import type { Change, DecidedEvent } from '../../src/core/order/decision.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { OrderEvent } from '../../src/core/order/order-event.ts';
import type { CommitHead, OrderLog } from '../../src/core/order/order-log.ts';
import { type Attempt, attemptRow } from '../../src/core/payment/attempt.ts';
import { derivedOf } from './order-states.ts';

/** The log of one order, and everything that was ever written to it. */
export type MemoryOrderLog = OrderLog & {
  events(): readonly OrderEvent[];
  state(): OrderState;
};

/** Opens the log of an order that was just placed. A decision is applied whole, or not at all. */
export function createMemoryOrderLog(placed: OrderState): MemoryOrderLog {
  let state = structuredClone(placed);
  const { orderNo, createdAtMs, userId } = placed.order;
  const events: OrderEvent[] = [
    {
      orderNo,
      seq: 1,
      atMs: createdAtMs,
      actor: `user:${userId}`,
      type: 'order_placed',
      from: null,
      to: 'pending_payment',
      reason: null,
      orderStatus: 'pending_payment',
      orderFulfilment: 'unfulfilled',
      facts: null,
    },
  ];
  return {
    load: (wanted) => Promise.resolve(wanted === orderNo ? structuredClone(state) : null),
    commit: (head, decision) => {
      if (head.orderNo !== orderNo || head.version !== state.order.version) {
        return Promise.resolve({ status: 'conflict' });
      }
      for (const event of decision.events) {
        const { heldBackFen: _heldBackFen, refunding: _refunding, ...told } = event;
        events.push({ facts: null, ...told, orderNo, atMs: head.nowMs, seq: state.order.version + 1 });
        state = afterEvent(state, event, head);
      }
      for (const change of decision.changes) state = afterChange(state, change, head.nowMs);
      state = { ...state, order: { ...state.order, ...derivedOf(state) } };
      return Promise.resolve({ status: 'committed', state: structuredClone(state) });
    },
    events: () => events,
    state: () => structuredClone(state),
  };
}

function afterEvent(state: OrderState, event: DecidedEvent, { commitId, nowMs }: CommitHead): OrderState {
  const { order } = state;
  return {
    ...state,
    lastCommitId: commitId,
    order: {
      ...order,
      status: event.orderStatus,
      fulfilment: event.orderFulfilment,
      heldBackFen: event.heldBackFen ?? order.heldBackFen,
      version: order.version + 1,
      updatedAtMs: nowMs,
      paidAtMs: event.type === 'order_paid' ? nowMs : order.paidAtMs,
      completedAtMs: event.type === 'order_completed' ? nowMs : order.completedAtMs,
      deletedAtMs: event.type === 'order_deleted' ? nowMs : order.deletedAtMs,
      commissionPaidAtMs: event.type === 'commission_paid' ? nowMs : order.commissionPaidAtMs,
    },
  };
}

function afterChange(state: OrderState, change: Change, nowMs: number): OrderState {
  switch (change.type) {
    case 'insert_attempt':
      return { ...state, attempts: [...state.attempts, change.attempt] };
    case 'move_attempt': {
      const isIt = (one: { outTradeNo: string; status: string }) =>
        one.outTradeNo === change.outTradeNo && one.status === change.from;
      const moved = { status: change.to, paidAtMs: change.paidAtMs };
      return { ...state, attempts: state.attempts.map((one) => (isIt(one) ? { ...one, ...moved } : one)) };
    }
    case 'lease_attempt': {
      const { outTradeNo, leasedUntilMs } = change;
      return { ...state, attempts: withChanged(state, outTradeNo, { leasedUntilMs }) };
    }
    case 'keep_personal': {
      const { row, sealed } = change;
      const keep = (one: Attempt) => (attemptRow(one.outTradeNo) === row ? { ...one, sealed } : one);
      return { ...state, attempts: state.attempts.map(keep) };
    }
    case 'insert_capture':
      return { ...state, captures: [...state.captures, change.capture] };
    case 'insert_refund':
      return { ...state, refunds: [...state.refunds, { ...change.refund, id: state.refunds.length + 1 }] };
    case 'move_refund': {
      const isIt = (one: { refundNo: string; status: string }) =>
        one.refundNo === change.refundNo && one.status === change.from;
      const { to, decidedBy, finishedAtMs } = change;
      const moved = { status: to, decidedBy, finishedAtMs, updatedAtMs: nowMs };
      return { ...state, refunds: state.refunds.map((one) => (isIt(one) ? { ...one, ...moved } : one)) };
    }
    case 'insert_part':
    case 'add_to_balance':
    case 'insert_period':
    case 'absorb':
    case 'count_sale':
    case 'record_notification':
      return state;
  }
}

function withChanged({ attempts }: OrderState, outTradeNo: string, changed: Partial<Attempt>): Attempt[] {
  return attempts.map((one) => (one.outTradeNo === outTradeNo ? { ...one, ...changed } : one));
}
