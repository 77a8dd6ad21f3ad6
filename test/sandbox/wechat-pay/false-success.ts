/** What an unsigned answer claims when nothing happened at all: the worst that a merchant could believe. */
import { NO_CONTENT, success, type Answer } from './answer.ts';
import type { ApiCall } from './api-call.ts';
import { readBody, REFUND } from './bodies.ts';
import type { Books } from './books.ts';
import { refundAnswerOf } from './refund-content.ts';
import type { Refund } from './refund-desk.ts';
import { transactionOf } from './transaction.ts';

/** A success for the call, as whole as what is known of its order allows. */
export function falseSuccess(books: Books, call: ApiCall): Answer {
  switch (call.name) {
    case 'wechat.prepay':
      return success({ prepay_id: 'wx00000000000000never', code_url: 'weixin://wxpay/bizpayurl?pr=never' });
    case 'wechat.query':
      return success(falsePayment(books, call.subject));
    case 'wechat.close':
      return NO_CONTENT;
    case 'wechat.refund':
    case 'wechat.refund.query':
      return success(falseRefund(books, call));
  }
}

function falsePayment(books: Books, subject: string): object {
  const number = subject.slice(subject.indexOf('/') + 1);
  const trade = books.ledger.trade(number) ?? books.ledger.tradeByTransactionId(number);
  if (trade === null) return { trade_state: 'SUCCESS' };
  return transactionOf(books, { ...trade, capturedAtMs: books.now() }, 'SUCCESS');
}

function falseRefund(books: Books, call: ApiCall): object {
  const asked = readBody(REFUND, call.body);
  const known = books.refunds.find(asked.ok ? asked.value.out_refund_no : call.subject);
  const trade = asked.ok
    ? (books.ledger.trade(asked.value.out_trade_no ?? '') ??
      books.ledger.tradeByTransactionId(asked.value.transaction_id ?? ''))
    : books.ledger.trade(known?.outTradeNo ?? '');
  if (trade === null) return { status: 'SUCCESS' };
  const refund: Refund = {
    refundNo: asked.ok ? asked.value.out_refund_no : call.subject,
    refundId: known?.refundId ?? '50300000002026000000000000000',
    outTradeNo: trade.outTradeNo,
    amountFen: known?.amountFen ?? (asked.ok ? asked.value.amount.refund : trade.amountFen),
    notifyUrl: null,
    status: 'SUCCESS',
    requestedAtMs: books.now(),
    endedAtMs: books.now(),
  };
  return refundAnswerOf({ refund, trade, orders: books.orders });
}
