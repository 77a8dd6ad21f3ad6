/** The payer's side: what WeChat does with a payment ticket. */
import type { Standing } from '../standing.ts';
import type { Trade } from '../trade.ts';
import type { Books } from './books.ts';
import type { TradeType } from './order-book.ts';
import { readTicket, type PaymentTicket, type TicketRefusal } from './payment-ticket.ts';
import { tradeState } from './trade-state.ts';

/** A prepay id or code URL can be paid by for so long; the order outlives it. */
const HANDLE_LIFE_MS = 2 * 3_600_000;

/** Why WeChat shows an error instead of a payment. */
export type CashierRefusal = TicketRefusal;

/** What the payer sees. `expired`: the order's deadline has passed, or the handle is older than two hours. */
export type OpenedCashier = {
  ok: true;
  trade: Trade;
  tradeType: TradeType;
  standing: Standing;
  /** Whichever ends first, the order or the handle, UTC ms. */
  payableUntilMs: number;
  /** Who is paid. */
  mchId: string;
  /** Who is to pay, where the order says so. */
  openid: string | null;
  /** The code that was scanned; `null` for another ticket, an order's number among them. */
  codeUrl: string | null;
};

/** An order after something was done to it. */
export type CashierOutcome = { ok: true; trade: Trade } | CashierRefusal;

/** How somebody pays. */
export type PayOptions = {
  /** Lets money through that was on its way when the time ran out. A closed order stays closed. */
  late?: boolean;
  /** What a coupon of WeChat's pays in the payer's place, fen: then `payer_total` is less than `total`. */
  couponFen?: number;
};

/** What a payer can do. */
export type Cashier = {
  /** Looks, and changes nothing. */
  openCashier(ticket: PaymentTicket): OpenedCashier | CashierRefusal;
  pay(ticket: PaymentTicket, options?: PayOptions): CashierOutcome;
  /** Gets as far as the password and goes away. The order has existed since its prepay, so nothing changes. */
  openWithoutPaying(ticket: PaymentTicket): CashierOutcome;
  /** The bank refuses. Unlike at Alipay nothing ends: the order is `NOTPAY` and can still be paid. */
  fail(ticket: PaymentTicket): CashierOutcome;
};

/** What the cashier needs; `onCapture` hears of every payment. */
export type CashierParts = { books: Books; onCapture: (trade: Trade) => void };

/** Creates the cashier of one merchant. */
export function createCashier({ books, onCapture }: CashierParts): Cashier {
  const { merchant, ledger, orders, now } = books;

  function openCashier(ticket: PaymentTicket): OpenedCashier | CashierRefusal {
    const read = readTicket(ticket, merchant, now());
    if (!read.ok) return read;
    const issued = read.handle === null ? null : orders.findHandle(read.handle);
    const outTradeNo = issued?.outTradeNo ?? read.outTradeNo ?? '';
    const order = orders.find(outTradeNo);
    const trade = ledger.trade(outTradeNo);
    if (order === null || trade === null) return refuse('ORDER_NOT_EXIST', '订单不存在');
    const { tradeType, openid } = order;
    if (read.handle !== null && read.tradeType !== tradeType)
      return refuse('PARAM_ERROR', `这是 ${tradeType} 下单的 prepay_id，不能这样支付`);
    const handleEndsAtMs = (issued?.issuedAtMs ?? now()) + HANDLE_LIFE_MS;
    const payableUntilMs = Math.min(handleEndsAtMs, trade.payableUntilMs);
    const standing = standingOf(trade, payableUntilMs);
    const codeUrl = tradeType === 'NATIVE' ? read.handle : null;
    return { ok: true, trade, tradeType, standing, payableUntilMs, mchId: merchant.mchId, openid, codeUrl };
  }

  function standingOf(trade: Trade, payableUntilMs: number): Standing {
    const state = tradeState(books, trade);
    if (state === 'SUCCESS' || state === 'REFUND') return 'paid';
    if (state === 'CLOSED') return 'closed';
    return now() >= payableUntilMs ? 'expired' : 'payable';
  }

  /** The order that can be paid; or why there is none. */
  function unpaidOrder(ticket: PaymentTicket, late: boolean): CashierOutcome {
    const opened = openCashier(ticket);
    if (!opened.ok) return opened;
    if (opened.standing === 'paid') return refuse('ORDERPAID', '该订单已支付');
    if (opened.standing === 'closed') return refuse('ORDER_CLOSED', '该订单已关闭');
    if (opened.standing === 'expired' && !late) return refuse('ORDER_EXPIRED', '订单已过支付时间，请返回商户重新下单');
    return { ok: true, trade: opened.trade };
  }

  function pay(ticket: PaymentTicket, { late = false, couponFen = 0 }: PayOptions = {}): CashierOutcome {
    const unpaid = unpaidOrder(ticket, late);
    if (!unpaid.ok) return unpaid;
    const { outTradeNo, amountFen } = unpaid.trade;
    if (couponFen < 0 || couponFen >= amountFen) return refuse('PARAM_ERROR', '优惠须小于订单金额');
    const order = orders.find(outTradeNo);
    if (order !== null) orders.save({ ...order, couponFen });
    ledger.append(outTradeNo, { type: 'captured', amountFen }, now());
    const trade = ledger.trade(outTradeNo) ?? unpaid.trade;
    onCapture(trade);
    return { ok: true, trade };
  }

  return {
    openCashier,
    pay,
    openWithoutPaying: (ticket) => unpaidOrder(ticket, false),
    fail: (ticket) => unpaidOrder(ticket, false),
  };
}

function refuse(code: string, message: string): CashierRefusal {
  return { ok: false, code, message };
}
