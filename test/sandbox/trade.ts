/** One trade as its ledger entries tell it. */
import type { LedgerEntry } from './ledger.ts';

/** What one merchant's number stands for at a provider. Amounts in fen, times in UTC ms. */
export type Trade = {
  outTradeNo: string;
  /** The provider's own number. */
  transactionId: string;
  amountFen: number;
  subject: string;
  payableUntilMs: number;
  notifyUrl: string;
  openedAtMs: number;
  /** 0 until the money was taken. */
  capturedFen: number;
  capturedAtMs: number | null;
  /** Who ended it before it was paid. A trade that ran out is closed by the clock and has no entry for it. */
  closedBy: 'merchant' | 'payer' | null;
  refunds: { refundNo: string; amountFen: number; atMs: number }[];
  refundedFen: number;
};

/** Reads one trade's entries from first to last; `null` when nothing was ever opened under the number. */
export function tradeOf(entries: readonly LedgerEntry[]): Trade | null {
  let trade: Trade | null = null;
  for (const entry of entries) trade = trade === null ? openedTrade(entry) : afterEntry(trade, entry);
  return trade;
}

function openedTrade({ event, outTradeNo, atMs }: LedgerEntry): Trade | null {
  if (event.type !== 'opened') return null;
  const { type: _type, ...terms } = event;
  return {
    ...terms,
    outTradeNo,
    openedAtMs: atMs,
    capturedFen: 0,
    capturedAtMs: null,
    closedBy: null,
    refunds: [],
    refundedFen: 0,
  };
}

function afterEntry(trade: Trade, { event, atMs }: LedgerEntry): Trade {
  switch (event.type) {
    case 'captured':
      return { ...trade, capturedFen: event.amountFen, capturedAtMs: atMs };
    case 'closed':
      return { ...trade, closedBy: event.by };
    case 'refunded':
      return {
        ...trade,
        refunds: [...trade.refunds, { refundNo: event.refundNo, amountFen: event.amountFen, atMs }],
        refundedFen: trade.refundedFen + event.amountFen,
      };
    case 'opened':
    case 'notified':
      return trade;
  }
}
