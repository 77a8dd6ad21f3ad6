/** The cashier as a browser gets it: the page of a ticket, or why there is none. */
import { refusalPage } from '../pages/refusal-page.ts';
import { cashierPage } from './cashier-page.ts';
import type { Cashier } from './cashier.ts';
import { LOOKS } from './looks.ts';
import type { PaymentTicket } from './payment-ticket.ts';

/** HTTP 200 with the cashier, or 400 with Alipay's code and words. Nothing changes by looking. */
export async function cashierResponse(
  cashier: Pick<Cashier, 'openCashier'>,
  ticket: PaymentTicket,
  nowMs: number,
): Promise<Response> {
  const opened = cashier.openCashier(ticket);
  const markup = opened.ok
    ? cashierPage(opened, ticket, nowMs)
    : refusalPage(LOOKS, { code: opened.subCode, message: opened.message });
  return new Response((await markup).toString(), {
    status: opened.ok ? 200 : 400,
    headers: { 'content-type': 'text/html; charset=UTF-8' },
  });
}
