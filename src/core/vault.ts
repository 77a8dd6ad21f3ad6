/** The port for personal data at rest: nothing about a person is written anywhere but through it. */

/** Seals and opens texts. A sealed text opens only for the row that it was sealed for. */
export type Vault = {
  /** `row` names where the text will be kept, such as `attempt/<outTradeNo>`. */
  seal(text: string, row: string): Promise<string>;
  /** Throws when the text was not sealed for this row, was changed, or its key is gone. */
  open(sealed: string, row: string): Promise<string>;
  /** The id of the key that is on its way out; `null` where there is none. */
  previousKeyId(): Promise<string | null>;
};

/** The id of the key that a text was sealed with: it stands in front of the first dot. */
export function keyIdOf(sealed: string): string {
  return sealed.slice(0, sealed.indexOf('.'));
}
