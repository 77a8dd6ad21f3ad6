/** JSON that others wrote, as whatever it says. */

/** The value of a JSON text, `undefined` when it is none: that fits no schema, so it needs no answer of its own. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
