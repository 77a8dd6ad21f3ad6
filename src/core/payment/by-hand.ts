/** Payments that were made elsewhere: in cash, by a transfer, at a counter. An operator vouches for them. */

/** What stands in the place of a provider. Nobody can be asked about such a payment, and its refund is made by hand. */
export const BY_HAND = 'by-hand';
