/** The port for personal data: sealed texts, each under the name of the row that it is bound to. */

/** A text that only the vault can read. */
export type Sealed = {
  /** What the text is bound to, such as `order/<order number>`. */
  row: string;
  sealed: string;
};

/** The store of sealed texts. They are written together with what they belong to, never by themselves. */
export type PersonalStore = {
  /** Those of the rows that exist, in no order. */
  read(rows: readonly string[]): Promise<Sealed[]>;
  /** The texts that were sealed with a key, by their rows' names, after the given one. */
  sealedWith(keyId: string, after: string, limit: number): Promise<Sealed[]>;
  /** Puts the same text under another key, unless it has changed meanwhile. */
  replace(was: Sealed, sealed: string): Promise<void>;
};
