/** The payer's side: what Alipay's app does with an order string. */
import { randomDigits } from '../random-digits.ts';
import type { Standing } from '../standing.ts';
import type { Trade } from '../trade.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { readOrderString, type OrderTerms } from './order-string.ts';
import type { Books } from './books.ts';
import type { Merchant } from './public-parameters.ts';

/** Why the app shows an error instead of a payment: Alipay's code and words. */
export type CashierRefusal = { ok: false; subCode: string; message: string };

/** What the payer sees. `trade` is `null` until the password was entered for the first time. */
export type OpenedCashier = {
  ok: true;
  terms: OrderTerms;
  trade: Trade | null;
  standing: Standing;
};

/** A trade after something was done to it. */
export type CashierOutcome = { ok: true; trade: Trade } | CashierRefusal;

/** What a payer can do. Every one of them takes the order string; once a trade exists, its number will do as well. */
export type Cashier = {
  /** Looks, and changes nothing. */
  openCashier(orderString: string): OpenedCashier | CashierRefusal;
  /** Pays. `late` lets money through that was on its way when the deadline passed; a closed trade stays closed. */
  pay(orderStringOrNumber: string, options?: { late?: boolean }): CashierOutcome;
  /** Gets as far as the password and stops: from here on the trade exists and waits. */
  openWithoutPaying(orderStringOrNumber: string): CashierOutcome;
  /** The payment fails for good: the trade exists and is closed. */
  fail(orderStringOrNumber: string): CashierOutcome;
};

/** What the cashier needs; `onCapture` hears of every payment. */
export type CashierParts = Books & { merchant: Merchant; onCapture: (trade: Trade) => void };

/** Creates the cashier of one merchant. */
export function createCashier({ ledger, now, merchant, onCapture }: CashierParts): Cashier {
  /** The terms under a string or number, and the trade that stands under the same number. */
  function look(orderStringOrNumber: string): { ok: true; terms: OrderTerms; trade: Trade | null } | CashierRefusal {
    if (!orderStringOrNumber.includes('=')) {
      const trade = ledger.trade(orderStringOrNumber);
      return trade === null ? refuse('ACQ.TRADE_NOT_EXIST', '交易不存在') : { ok: true, terms: trade, trade };
    }
    const read = readOrderString(orderStringOrNumber, merchant, now());
    if (!read.ok) return refuse(read.refusal['sub_code'] ?? '', read.refusal['sub_msg'] ?? '');
    const trade = ledger.trade(read.terms.outTradeNo);
    if (trade !== null && !sameTerms(trade, read.terms))
      return refuse('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改：同一商户订单号的金额、标题或失效时间不一致');
    return { ok: true, terms: read.terms, trade };
  }

  /** The trade that can be worked on, opened now if need be; or why there is none. */
  function unpaidTrade(orderStringOrNumber: string, late: boolean): CashierOutcome {
    const looked = look(orderStringOrNumber);
    if (!looked.ok) return looked;
    const standing = standingOf(looked.terms, looked.trade, now());
    if (standing === 'paid') return refuse('ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    if (standing === 'closed') return refuse('ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    if (standing === 'expired' && !late) return refuse('ACQ.TRADE_HAS_CLOSE', '交易超时，已经关闭');
    if (looked.trade === null) {
      const day = formatBeijingTime(now()).slice(0, 10).replaceAll('-', '');
      const transactionId = `${day}22001${randomDigits(15)}`;
      const { outTradeNo, ...terms } = looked.terms;
      ledger.append(outTradeNo, { type: 'opened', transactionId, ...terms }, now());
    }
    return after(looked.terms.outTradeNo);
  }

  function after(outTradeNo: string): CashierOutcome {
    const trade = ledger.trade(outTradeNo);
    return trade === null ? refuse('ACQ.TRADE_NOT_EXIST', '交易不存在') : { ok: true, trade };
  }

  return {
    openCashier(orderString) {
      const looked = look(orderString);
      return looked.ok ? { ...looked, standing: standingOf(looked.terms, looked.trade, now()) } : looked;
    },
    pay(orderStringOrNumber, { late = false } = {}) {
      const opened = unpaidTrade(orderStringOrNumber, late);
      if (!opened.ok) return opened;
      const { outTradeNo, amountFen } = opened.trade;
      ledger.append(outTradeNo, { type: 'captured', amountFen }, now());
      const paid = after(outTradeNo);
      if (paid.ok) onCapture(paid.trade);
      return paid;
    },
    openWithoutPaying: (orderStringOrNumber) => unpaidTrade(orderStringOrNumber, false),
    fail(orderStringOrNumber) {
      const opened = unpaidTrade(orderStringOrNumber, false);
      if (!opened.ok) return opened;
      ledger.append(opened.trade.outTradeNo, { type: 'closed', by: 'payer' }, now());
      return after(opened.trade.outTradeNo);
    },
  };
}

function standingOf(terms: OrderTerms, trade: Trade | null, nowMs: number): Standing {
  if (trade !== null && trade.capturedAtMs !== null) return 'paid';
  if (trade !== null && trade.closedBy !== null) return 'closed';
  return nowMs >= terms.payableUntilMs ? 'expired' : 'payable';
}

function sameTerms(trade: Trade, terms: OrderTerms): boolean {
  return (
    trade.amountFen === terms.amountFen &&
    trade.subject === terms.subject &&
    trade.payableUntilMs === terms.payableUntilMs
  );
}

function refuse(subCode: string, message: string): CashierRefusal {
  return { ok: false, subCode, message };
}
