/** The payer's side: what Alipay does with an order string, or with a code that is scanned. */
import { randomDigits } from '../random-digits.ts';
import type { Standing } from '../standing.ts';
import type { Trade } from '../trade.ts';
import { formatBeijingTime } from './beijing-time.ts';
import { readOrderString } from './order-string.ts';
import { sameTerms, type OrderTerms } from './order-terms.ts';
import type { Books } from './books.ts';
import { codeUrlOf, ticketAsQuery, type PaymentTicket } from './payment-ticket.ts';
import type { Merchant } from './public-parameters.ts';

/** A code can be scanned for so long; the payment behind it may live longer. */
const CODE_LIFE_MS = 2 * 3_600_000;

/** Why the app shows an error instead of a payment: Alipay's code and words. */
export type CashierRefusal = { ok: false; subCode: string; message: string };

type Looked = {
  ok: true;
  terms: OrderTerms;
  /** `null` until the payer has got as far as the password for the first time. */
  trade: Trade | null;
  /** Whichever ends first, the payment or the code, UTC ms. */
  payableUntilMs: number;
  /** The code that is scanned; `null` for another ticket. */
  codeUrl: string | null;
};

/** What the payer sees. */
export type OpenedCashier = Looked & { standing: Standing };

/** A trade after something was done to it. */
export type CashierOutcome = { ok: true; trade: Trade } | CashierRefusal;

/** How somebody pays. `late` lets money through that was on its way when the time ran out; what is closed stays closed. */
export type PayOptions = { late?: boolean };

/** What a payer can do. Every one of them takes a ticket of any form; once a trade exists, its number will do too. */
export type Cashier = {
  /** Looks, and changes nothing. */
  openCashier(ticket: PaymentTicket): OpenedCashier | CashierRefusal;
  pay(ticket: PaymentTicket, options?: PayOptions): CashierOutcome;
  /** Points a phone at a code and pays. What is no code is refused, however payable it is. */
  scan(codeUrl: string, options?: PayOptions): CashierOutcome;
  /** Gets as far as the password and stops: from here on the trade exists and waits. */
  openWithoutPaying(ticket: PaymentTicket): CashierOutcome;
  /** The payment fails for good: the trade exists and is closed. */
  fail(ticket: PaymentTicket): CashierOutcome;
};

/** What the cashier needs; `onCapture` hears of every payment. */
export type CashierParts = { books: Books; merchant: Merchant; onCapture: (trade: Trade) => void };

/** Creates the cashier of one merchant. */
export function createCashier({ books, merchant, onCapture }: CashierParts): Cashier {
  const { ledger, codes, now } = books;

  /** The terms behind a ticket, and the trade that stands under the same number. */
  function look(ticket: PaymentTicket): Looked | CashierRefusal {
    const query = ticketAsQuery(ticket);
    const codeUrl = codeUrlOf(query);
    if (codeUrl !== null) return lookBehind(codeUrl);
    if (!query.includes('=')) {
      const trade = ledger.trade(query);
      if (trade === null) return refuse('ACQ.TRADE_NOT_EXIST', '交易不存在');
      return { ok: true, terms: trade, trade, payableUntilMs: trade.payableUntilMs, codeUrl: null };
    }
    const read = readOrderString(query, merchant, now());
    if (!read.ok) return refuse(read.refusal['sub_code'] ?? '', read.refusal['sub_msg'] ?? '');
    return withTrade(read.terms, read.terms.payableUntilMs, null);
  }

  function lookBehind(codeUrl: string): Looked | CashierRefusal {
    const code = codes.findCode(codeUrl);
    const order = code && codes.findOrder(code.outTradeNo);
    if (!order) return refuse('ACQ.INVALID_PARAMETER', '不是这里发出的二维码');
    const { terms } = order;
    return withTrade(terms, Math.min(code.issuedAtMs + CODE_LIFE_MS, terms.payableUntilMs), codeUrl);
  }

  function withTrade(terms: OrderTerms, payableUntilMs: number, codeUrl: string | null): Looked | CashierRefusal {
    const trade = ledger.trade(terms.outTradeNo);
    if (trade !== null && !sameTerms(trade, terms))
      return refuse('ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改：同一商户订单号的金额、标题或失效时间不一致');
    return { ok: true, terms, trade, payableUntilMs, codeUrl };
  }

  /** The trade that can be worked on, opened now if need be; or why there is none. */
  function unpaidTrade(ticket: PaymentTicket, late: boolean): CashierOutcome {
    const looked = look(ticket);
    if (!looked.ok) return looked;
    const standing = standingOf(looked, now());
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

  function pay(ticket: PaymentTicket, { late = false }: PayOptions = {}): CashierOutcome {
    const opened = unpaidTrade(ticket, late);
    if (!opened.ok) return opened;
    const { outTradeNo, amountFen } = opened.trade;
    ledger.append(outTradeNo, { type: 'captured', amountFen }, now());
    const paid = after(outTradeNo);
    if (paid.ok) onCapture(paid.trade);
    return paid;
  }

  return {
    openCashier(ticket) {
      const looked = look(ticket);
      return looked.ok ? { ...looked, standing: standingOf(looked, now()) } : looked;
    },
    pay,
    scan(codeUrl, options) {
      const looked = lookBehind(codeUrl);
      return looked.ok ? pay(codeUrl, options) : looked;
    },
    openWithoutPaying: (ticket) => unpaidTrade(ticket, false),
    fail(ticket) {
      const opened = unpaidTrade(ticket, false);
      if (!opened.ok) return opened;
      ledger.append(opened.trade.outTradeNo, { type: 'closed', by: 'payer' }, now());
      return after(opened.trade.outTradeNo);
    },
  };
}

function standingOf({ trade, payableUntilMs }: Looked, nowMs: number): Standing {
  if (trade !== null && trade.capturedAtMs !== null) return 'paid';
  if (trade !== null && trade.closedBy !== null) return 'closed';
  return nowMs >= payableUntilMs ? 'expired' : 'payable';
}

function refuse(subCode: string, message: string): CashierRefusal {
  return { ok: false, subCode, message };
}
