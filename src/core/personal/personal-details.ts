/** What an order's dialect keeps of its request that is about a person. */

import type { Details, Json } from '../order/order.ts';
import type { Services } from '../services.ts';
import type { Sealed } from './personal-store.ts';

/** The name of the row that keeps an order's personal details. */
export function detailsRow(orderNo: string): string {
  return `order/${orderNo}`;
}

/** Seals an order's personal details; `null` where it has none. */
export async function sealDetails(
  services: Services,
  orderNo: string,
  personal: Details | null,
): Promise<Sealed | null> {
  if (personal === null) return null;
  const row = detailsRow(orderNo);
  return { row, sealed: await services.vault.seal(JSON.stringify(personal), row) };
}

/** An order's personal details among the texts that were opened; `null` where there are none. */
export function readDetails(orderNo: string, opened: ReadonlyMap<string, string>): Details | null {
  const text = opened.get(detailsRow(orderNo));
  return text === undefined ? null : parseObject(text);
}

/** A JSON object that was sealed as text. What was sealed by this service is one. */
export function parseObject(text: string): Details {
  const value: Json = JSON.parse(text);
  return isObject(value) ? value : {};
}

function isObject(value: Json): value is Details {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
