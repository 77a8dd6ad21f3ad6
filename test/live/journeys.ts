/** What customers do, and payers and operators with them: each journey is the life of one order, as far as it gets. */
import * as z from 'zod';
import type { Addresses } from '../local/addresses.ts';
import { type Answer, type Sent, sendRequest } from '../local/send-request.ts';
import { signToken } from '../local/sign-token.ts';
import type { Promised } from './promises.ts';

/** Where journeys lead, and where all that is promised on the way is written down. */
export type Town = Pick<Addresses, 'serviceUrl' | 'sandboxUrl'> & {
  jwtSecret: string;
  promises: Promised[];
  /** How many requests nobody answered. */
  unanswered: number;
};

/** Every kind of journey. They are made in turn, so that none is left to chance. */
export const JOURNEY_KINDS = [
  'place',
  'delete',
  'pay',
  'pay_and_be_told_twice',
  'complete',
  'refund',
  'pay_two_slips',
  'delete_then_pay',
] as const;

/** One journey to make. Each has a user of its own, so that a user with two orders is a mistake. */
export type Journey = { kind: (typeof JOURNEY_KINDS)[number]; userId: string; key: string };

/** `unanswered`: whether the order was placed is not known, and asking again with the same key will tell. */
export type Placing = 'answered' | 'unanswered';

type Slip = { outTradeNo: string; orderString: string };

/** Those who meet on a journey. What is refused or not answered is `null`, and the journey goes on without it or ends. */
type Party = {
  remove: () => Promise<void>;
  openSlip: () => Promise<Slip | null>;
  walkAway: (slip: Slip) => Promise<void>;
  pay: (slip: Slip | null, button?: 'pay' | 'notify-twice') => Promise<void>;
  complete: () => Promise<void>;
  askForRefund: () => Promise<void>;
  approveRefund: () => Promise<void>;
};

const placed = z.object({ data: z.object({ order_id: z.string(), order_amount: z.int() }) });
const started = z.object({ data: z.object({ payment_id: z.string(), order_str: z.string() }) });
const history = z.object({ refunds: z.array(z.object({ refundNo: z.string(), status: z.string() })) });

/** From the order on. */
const JOURNEYS: Record<Journey['kind'], (party: Party) => Promise<void>> = {
  async place() {},
  delete: ({ remove }) => remove(),
  async pay({ openSlip, pay }) {
    await pay(await openSlip());
  },
  async pay_and_be_told_twice({ openSlip, pay }) {
    await pay(await openSlip(), 'notify-twice');
  },
  async complete({ openSlip, pay, complete }) {
    await pay(await openSlip());
    await complete();
  },
  async refund({ openSlip, pay, askForRefund, approveRefund }) {
    await pay(await openSlip());
    await askForRefund();
    await approveRefund();
  },
  /** A number that Alipay has not seen cannot be closed there: both are paid, and one of them must come back. */
  async pay_two_slips({ openSlip, walkAway, pay }) {
    const first = await openSlip();
    if (first) await walkAway(first);
    const second = await openSlip();
    await Promise.all([pay(first), pay(second)]);
  },
  /** Money for an order that is gone. */
  async delete_then_pay({ openSlip, remove, pay }) {
    const slip = await openSlip();
    await remove();
    await pay(slip);
  },
};

/** Places the order and goes on from there. */
export async function travel(town: Town, { kind, userId, key }: Journey): Promise<Placing> {
  const token = await signToken(town.jwtSecret, { userId, days: 1 });
  const json = { service_id: 2, technician_id: 2, order_duration: 1, pay_type: 1 };
  const answer = await ask(town, `${town.serviceUrl}/V1/order`, { token, json, headers: { 'idempotency-key': key } });
  if (answer === null) return 'unanswered';
  if (!answer.ok) return 'answered';
  const { order_id: orderNo, order_amount: amountFen } = placed.parse(answer.json).data;
  town.promises.push({ what: 'placed', orderNo, userId, key, amountFen });
  await JOURNEYS[kind](await meet(town, { orderNo, userId, token }));
  return 'answered';
}

async function meet(
  town: Town,
  { orderNo, userId, token }: { orderNo: string; userId: string; token: string },
): Promise<Party> {
  const { serviceUrl, sandboxUrl, jwtSecret, promises } = town;
  const booking = `${serviceUrl}/V1/order`;
  const admin = `${serviceUrl}/admin`;
  const operator = await signToken(jwtSecret, { userId: `operator-${userId}`, role: 'operator', days: 1 });
  async function keep(promised: Promised, asked: Promise<Answer | null>): Promise<void> {
    if ((await asked)?.ok) promises.push(promised);
  }
  return {
    remove: () => keep({ what: 'deleted', orderNo }, ask(town, `${booking}/${orderNo}`, { method: 'DELETE', token })),
    async openSlip() {
      const answer = await ask(town, `${booking}/pay`, { token, json: { order_id: orderNo } });
      if (!answer?.ok) return null;
      const { payment_id: outTradeNo, order_str: orderString } = started.parse(answer.json).data;
      promises.push({ what: 'slip', orderNo, outTradeNo });
      return { outTradeNo, orderString };
    },
    async walkAway({ outTradeNo }) {
      await ask(town, `${booking}/pay/${outTradeNo}`, { method: 'DELETE', token });
    },
    async pay(slip, button = 'pay') {
      if (slip) await ask(town, `${sandboxUrl}/alipay/cashier/${button}`, { form: { order_string: slip.orderString } });
    },
    complete: () =>
      keep(
        { what: 'completed', orderNo },
        ask(town, `${admin}/orders/${orderNo}/fulfilment`, { token: operator, json: { to: 'completed' } }),
      ),
    askForRefund: () =>
      keep(
        { what: 'refund_requested', orderNo },
        ask(town, `${booking}/pay/refund`, { token, json: { order_id: orderNo } }),
      ),
    async approveRefund() {
      const answer = await ask(town, `${admin}/orders/${orderNo}`, { token: operator });
      const refunds = answer?.ok ? history.parse(answer.json).refunds : [];
      for (const { refundNo } of refunds.filter(({ status }) => status === 'requested')) {
        const approve = ask(town, `${admin}/refunds/${refundNo}/approve`, { method: 'POST', token: operator });
        await keep({ what: 'refund_approved', refundNo }, approve);
      }
    },
  };
}

/** `null` when nobody answered, or not to the end. */
async function ask(town: Town, url: string, sent: Sent): Promise<Answer | null> {
  try {
    return await sendRequest(url, sent);
  } catch {
    town.unanswered += 1;
    return null;
  }
}
