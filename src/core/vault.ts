/** The port for personal data at rest: nothing about a person is written anywhere but through it. */

/** Seals and opens texts. A sealed text opens only for the row that it was sealed for. */
export type Vault = {
  /** `row` names where the text will be kept, such as `attempt/<outTradeNo>`. */
  seal(text: string, row: string): Promise<string>;
  /** Throws when the text was not sealed for this row, was changed, or its key is gone. */
  open(sealed: string, row: string): Promise<string>;
};
