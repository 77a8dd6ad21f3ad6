/** What a merchant's app or screen hands to a payer: which of its forms it has. */

/**
 * An order string; a code URL, by itself or as `code_url`; or the merchant's number of a trade that exists.
 */
export type PaymentTicket = string;

/** The code URL that a ticket is, whether or not there is such a code; `null` for a ticket of another form. */
export function codeUrlOf(ticket: PaymentTicket): string | null {
  if (ticket.startsWith('https://')) return ticket;
  const fields = new URLSearchParams(ticket);
  return fields.size === 1 ? fields.get('code_url') : null;
}

/** A ticket as the query string of the cashier's address. An order string is one, and is never written anew. */
export function ticketAsQuery(ticket: PaymentTicket): string {
  const codeUrl = codeUrlOf(ticket);
  return codeUrl === null ? ticket : new URLSearchParams({ code_url: codeUrl }).toString();
}
