/** What a merchant's app, page or screen hands to a payer: which of its forms it has. */
import { readPage } from './page-payment.ts';

/**
 * An order string, of an app or of a page; the link or the form of HTML that the page was given, as it is; a code URL,
 * by itself or as `code_url`; or the merchant's number of a trade that exists.
 */
export type PaymentTicket = string;

/** The code URL that a ticket is, whether or not there is such a code; `null` for a ticket of another form. */
export function codeUrlOf(ticket: PaymentTicket): string | null {
  if (ticket.startsWith('https://')) return ticket;
  const fields = new URLSearchParams(ticket);
  return fields.size === 1 ? fields.get('code_url') : null;
}

/** A ticket of any form as the query string of the cashier's address. An order string is one, and is never written anew. */
export function ticketAsQuery(ticket: PaymentTicket): string {
  const page = readPage(ticket);
  if (page !== null) return page;
  const codeUrl = codeUrlOf(ticket);
  return codeUrl === null ? ticket : new URLSearchParams({ code_url: codeUrl }).toString();
}
