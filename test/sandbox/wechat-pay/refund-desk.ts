/** Refunds on their way: asked for, under way, and ended in one of three manners. Only a success moves money. */
import * as z from 'zod';
import type { Ledger } from '../ledger.ts';
import { randomDigits } from '../random-digits.ts';
import type { SandboxStorage } from '../storage.ts';
import { formatBeijingTime } from './beijing-time.ts';

const TABLE = 'wechat-refunds';
const OF_ORDER = 'wechat-refunds-of-order';
const ENDINGS = ['SUCCESS', 'CLOSED', 'ABNORMAL'] as const;
const REFUND = z.object({
  refundNo: z.string(),
  /** WeChat Pay's own number. */
  refundId: z.string(),
  outTradeNo: z.string(),
  amountFen: z.int().positive(),
  /** `null`: nobody is told how it ends. */
  notifyUrl: z.string().nullable(),
  status: z.enum(['PROCESSING', ...ENDINGS]),
  requestedAtMs: z.int(),
  endedAtMs: z.int().nullable(),
});

/** One refund. */
export type Refund = z.infer<typeof REFUND>;

/** How a refund can end. `ABNORMAL` may still become `SUCCESS`. */
export type RefundEnding = (typeof ENDINGS)[number];

/** The manners in which refunds can go. */
export const REFUND_COURSES = ['at_once', 'on_query', 'when_told', 'closed', 'abnormal'] as const;

/**
 * What becomes of refunds. `at_once`: a success with the first answer. `on_query`: under way until somebody asks, and
 * this is how it is unless told otherwise. `when_told`: under way until {@link RefundDesk.end}. `closed` and
 * `abnormal`: like `on_query`, with that ending.
 */
export type RefundCourse = (typeof REFUND_COURSES)[number];

/** The desk. */
export type RefundDesk = {
  find(refundNo: string): Refund | null;
  /** Every refund of an order, oldest first. */
  of(outTradeNo: string): Refund[];
  /** Takes a refund that has passed all rules. */
  accept(request: Pick<Refund, 'refundNo' | 'outTradeNo' | 'amountFen' | 'notifyUrl'>): Refund;
  /** Lets a refund go on as somebody asks about it. */
  proceed(refund: Refund): Refund;
  /** Ends a refund. Throws for one that is unknown or has ended for good. */
  end(refundNo: string, ending: RefundEnding): Refund;
  setCourse(course: RefundCourse): void;
};

/** What the desk works with; `onEnd` hears of every ending. */
export type RefundDeskParts = {
  storage: SandboxStorage;
  ledger: Ledger;
  now: () => number;
  onEnd: (refund: Refund) => void;
};

/** Opens the desk. */
export function createRefundDesk({ storage, ledger, now, onEnd }: RefundDeskParts): RefundDesk {
  const find = (refundNo: string): Refund | null => REFUND.optional().parse(storage.get(TABLE, refundNo)) ?? null;
  const numbersOf = (outTradeNo: string): string[] =>
    z.array(z.string()).default([]).parse(storage.get(OF_ORDER, outTradeNo));
  const course = (): RefundCourse =>
    z.enum(REFUND_COURSES).default('on_query').parse(storage.get('settings', 'wechat-refund-course'));

  function end(refundNo: string, ending: RefundEnding): Refund {
    const refund = find(refundNo);
    if (refund === null) throw new Error(`${refundNo}: no such refund`);
    if (refund.status === 'SUCCESS' || refund.status === 'CLOSED') throw new Error(`${refundNo}: ${refund.status}`);
    const ended: Refund = { ...refund, status: ending, endedAtMs: now() };
    storage.put(TABLE, refundNo, ended);
    const { outTradeNo, amountFen } = ended;
    if (ending === 'SUCCESS') ledger.append(outTradeNo, { type: 'refunded', refundNo, amountFen }, now());
    onEnd(ended);
    return ended;
  }

  return {
    find,
    of: (outTradeNo) => numbersOf(outTradeNo).flatMap((refundNo) => find(refundNo) ?? []),
    accept(request) {
      const day = formatBeijingTime(now()).slice(0, 10).replaceAll('-', '');
      const accepted: Refund = {
        ...request,
        refundId: `5030${randomDigits(6)}${day}${randomDigits(10)}`,
        status: 'PROCESSING',
        requestedAtMs: now(),
        endedAtMs: null,
      };
      storage.put(TABLE, accepted.refundNo, accepted);
      storage.put(OF_ORDER, accepted.outTradeNo, [...numbersOf(accepted.outTradeNo), accepted.refundNo]);
      return course() === 'at_once' ? end(accepted.refundNo, 'SUCCESS') : accepted;
    },
    proceed(refund) {
      if (refund.status !== 'PROCESSING') return refund;
      const ending = ENDING_ON_QUERY[course()];
      return ending === null ? refund : end(refund.refundNo, ending);
    },
    end,
    setCourse: (next) => storage.put('settings', 'wechat-refund-course', next),
  };
}

const ENDING_ON_QUERY: Record<RefundCourse, RefundEnding | null> = {
  at_once: 'SUCCESS',
  on_query: 'SUCCESS',
  when_told: null,
  closed: 'CLOSED',
  abnormal: 'ABNORMAL',
};
