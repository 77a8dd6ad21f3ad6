/** What really happened to the money, as a provider's own books have it. Entries are added, never changed. */
import * as z from 'zod';
import { nextNumber, type SandboxStorage } from './storage.ts';
import { tradeOf, type Trade } from './trade.ts';

const AMOUNT_FEN = z.int().positive();

const LEDGER_EVENT = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('opened'),
    transactionId: z.string(),
    amountFen: AMOUNT_FEN,
    subject: z.string(),
    payableUntilMs: z.int(),
    notifyUrl: z.string(),
  }),
  z.object({ type: z.literal('captured'), amountFen: AMOUNT_FEN }),
  z.object({ type: z.literal('closed'), by: z.enum(['merchant', 'payer']) }),
  z.object({ type: z.literal('refunded'), refundNo: z.string(), amountFen: AMOUNT_FEN }),
  z.object({
    type: z.literal('notified'),
    notificationId: z.string(),
    /** The merchant's HTTP status; `null` when there was no answer. */
    status: z.int().nullable(),
    answer: z.string(),
    accepted: z.boolean(),
  }),
]);

const LEDGER_ENTRIES = z.array(z.object({ seq: z.int(), atMs: z.int(), outTradeNo: z.string(), event: LEDGER_EVENT }));

/** Something that happened to a trade. */
export type LedgerEvent = z.infer<typeof LEDGER_EVENT>;

/** One line of the books. `seq` orders the lines of all trades. */
export type LedgerEntry = z.infer<typeof LEDGER_ENTRIES>[number];

/** One provider's books. */
export type Ledger = {
  /** Adds a line. Throws for one that no provider could ever write, such as a second capture: that is our own fault. */
  append(outTradeNo: string, event: LedgerEvent, atMs: number): LedgerEntry;
  /** Every line, oldest first. */
  entries(): LedgerEntry[];
  entriesOf(outTradeNo: string): LedgerEntry[];
  /** Every trade, oldest first. */
  trades(): Trade[];
  trade(outTradeNo: string): Trade | null;
  /** Finds a trade by the provider's own number. */
  tradeByTransactionId(transactionId: string): Trade | null;
  /** Money taken under a number, fen; 0 when there is no such trade. */
  capturedFen(outTradeNo: string): number;
  /** Money given back under a number, fen. */
  refundedFen(outTradeNo: string): number;
};

/** Opens one provider's books in a storage that they may share with others. */
export function createLedger(storage: SandboxStorage, provider: string): Ledger {
  const table = `ledger-${provider}`;
  const transactionIds = `transaction-ids-${provider}`;

  function entriesOf(outTradeNo: string): LedgerEntry[] {
    return LEDGER_ENTRIES.parse(storage.get(table, outTradeNo) ?? []);
  }

  function append(outTradeNo: string, event: LedgerEvent, atMs: number): LedgerEntry {
    const before = entriesOf(outTradeNo);
    const objection = objectionTo(event, tradeOf(before));
    if (objection !== null) throw new Error(`${outTradeNo}: ${objection}`);
    const entry = { seq: nextNumber(storage, table), atMs, outTradeNo, event };
    storage.put(table, outTradeNo, [...before, entry]);
    if (event.type === 'opened') storage.put(transactionIds, event.transactionId, outTradeNo);
    return entry;
  }

  function entries(): LedgerEntry[] {
    return storage
      .list(table)
      .flatMap((stored) => LEDGER_ENTRIES.parse(stored))
      .toSorted((a, b) => a.seq - b.seq);
  }

  const trade = (outTradeNo: string): Trade | null => tradeOf(entriesOf(outTradeNo));

  return {
    append,
    entries,
    entriesOf,
    trades: () =>
      entries().flatMap(({ event, outTradeNo }) => (event.type === 'opened' ? (trade(outTradeNo) ?? []) : [])),
    trade,
    tradeByTransactionId(transactionId) {
      const outTradeNo = storage.get(transactionIds, transactionId);
      return typeof outTradeNo === 'string' ? trade(outTradeNo) : null;
    },
    capturedFen: (outTradeNo) => trade(outTradeNo)?.capturedFen ?? 0,
    refundedFen: (outTradeNo) => trade(outTradeNo)?.refundedFen ?? 0,
  };
}

/** The books' own last line of defence, whatever a gateway's rules say. */
function objectionTo(event: LedgerEvent, trade: Trade | null): string | null {
  if (event.type === 'opened') return trade === null ? null : 'opened twice';
  if (trade === null) return `${event.type} before it was opened`;
  if (event.type === 'captured') {
    if (trade.capturedFen > 0) return 'captured twice';
    return event.amountFen === trade.amountFen ? null : 'captured another amount than was agreed';
  }
  if (event.type === 'closed') return trade.capturedFen > 0 ? 'closed after it was paid' : null;
  if (event.type === 'refunded') {
    if (trade.refunds.some((refund) => refund.refundNo === event.refundNo)) return 'refunded twice under one number';
    return trade.refundedFen + event.amountFen > trade.capturedFen ? 'refunded more than was captured' : null;
  }
  return null;
}
