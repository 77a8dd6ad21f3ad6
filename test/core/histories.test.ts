/** Whatever is submitted to an order, in whatever order and on whatever memory, no rule about its money breaks. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OrderState } from '../../src/core/order/order.ts';
import type { Submitted } from '../../src/core/order/order-gate.ts';
import { submitCommand } from '../../src/core/order/submit-command.ts';
import { createMemoryOrderLog, type MemoryOrderLog } from './memory-order-log.ts';
import { brokenRules, illegalMoves } from './order-invariants.ts';
import { aState, ON_ACCOUNT, ORDER_NO, PLACED_AT_MS } from './order-states.ts';
import { BEARERS, histories, type Step } from './submission-histories.ts';

/** The same histories in every run; whoever wants others changes the seed. */
const SEED = 20221122;
const RUNS = 800;
/** What is placed: an order like any other, one on its user's account, and one that the account has paid all of. */
const ORDERS = [{}, ON_ACCOUNT, { ...ON_ACCOUNT, amountFen: 0 }] as const;

type Played = { step: Step; submitted: Submitted; before: OrderState; after: OrderState };

/** Submits a whole history, and hands every step to the check. */
async function play(log: MemoryOrderLog, steps: readonly Step[], check: (played: Played) => void): Promise<void> {
  const seen = [log.state()];
  let nowMs = PLACED_AT_MS;
  for (const [index, step] of steps.entries()) {
    nowMs += step.elapsedMs;
    const before = log.state();
    const remembered = { none: null, newest: before, stale: seen[Math.floor(seen.length / 2)] ?? null }[step.memory];
    const submission = { orderNo: ORDER_NO, command: step.command, ...BEARERS[step.by], nowMs, commitId: `c-${index}` };
    const submitted = await submitCommand(log, remembered, submission);
    const after = log.state();
    seen.push(after);
    check({ step, submitted, before, after });
  }
}

function checkHistories(check: (played: Played, log: MemoryOrderLog) => void): Promise<void> {
  return fc.assert(
    fc.asyncProperty(histories(ORDER_NO, 40), fc.constantFrom(...ORDERS), async (steps, order) => {
      const log = createMemoryOrderLog(aState(order));
      await play(log, steps, (played) => check(played, log));
    }),
    { seed: SEED, numRuns: RUNS },
  );
}

test('after every step every rule holds, and nothing moved that may not', async () => {
  await checkHistories(({ before, after }, log) => {
    expect([...brokenRules(after, log.events()), ...illegalMoves(before, after)]).toEqual([]);
  });
});

test('strangers and neighbours change nothing, and learn no more than that there is no such order', async () => {
  await checkHistories(({ step, submitted, before, after }) => {
    if (step.by !== 'stranger' && step.by !== 'neighbour') return;
    expect(after).toEqual(before);
    expect(submitted).toMatchObject({ ok: false, refusal: { reason: 'order_not_found' } });
  });
});

/** Money that was recorded before: the one thing that memory, which may be behind, is allowed to call done. */
function isRepeat({ step, submitted, before, after }: Played): boolean {
  return submitted.ok && step.command.type === 'settle_payment' && before.order.version === after.order.version;
}

test('a refusal changes nothing; whatever is accepted answers with the order as it then is', async () => {
  await checkHistories((played) => {
    if (isRepeat(played)) return;
    const { submitted, before, after } = played;
    expect(submitted.ok ? submitted.state : before).toEqual(after);
  });
});

test('money that comes twice changes nothing, and is answered by an order that has it', async () => {
  const repeats: boolean[] = [];
  await checkHistories((played) => {
    const { step, submitted, before, after } = played;
    if (!isRepeat(played) || step.command.type !== 'settle_payment') return;
    const { transactionId } = step.command.payment;
    repeats.push(submitted.state?.captures.some((one) => one.transactionId === transactionId) === true);
    expect(after).toEqual(before);
  });
  expect(repeats.length).toBeGreaterThan(100);
  expect(repeats).not.toContain(false);
});

test('these histories go everywhere: every event happens, and every state is reached', async () => {
  const events = new Set<string>();
  const states = new Set<string>();
  await checkHistories(({ after }, log) => {
    events.add(log.events().at(-1)?.type ?? '');
    for (const { type } of log.events()) events.add(type);
    states.add(`order ${after.order.status}`);
    states.add(`work ${after.order.fulfilment}`);
    for (const { status } of after.attempts) states.add(`attempt ${status}`);
    for (const { status, purpose } of after.refunds) states.add(`${purpose} refund ${status}`);
  });
  expect([...events].toSorted()).toEqual([
    'attempt_closed',
    'attempt_failed',
    'attempt_opened',
    'attempt_ready',
    'attempt_taken_up',
    'attempt_unanswered',
    'commission_paid',
    'fulfilment_advanced',
    'order_cancelled',
    'order_completed',
    'order_deleted',
    'order_expired',
    'order_paid',
    'order_placed',
    'order_refunded',
    'order_split',
    'refund_approved',
    'refund_failed',
    'refund_rejected',
    'refund_requested',
    'refund_succeeded',
    'surplus_captured',
  ]);
  expect([...states].toSorted()).toEqual([
    'attempt closed',
    'attempt failed',
    'attempt opening',
    'attempt paid',
    'attempt pending',
    'order cancelled',
    'order completed',
    'order expired',
    'order paid',
    'order pending_payment',
    'order refund failed',
    'order refund processing',
    'order refund rejected',
    'order refund requested',
    'order refund succeeded',
    'order refunded',
    'order split',
    'surplus refund failed',
    'surplus refund processing',
    'surplus refund succeeded',
    'work failed',
    'work fulfilled',
    'work in_progress',
    'work partially_fulfilled',
    'work unfulfilled',
  ]);
});
