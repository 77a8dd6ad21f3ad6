/** Catalogue rows as operators read them: with what is about a person. */

import type { Details } from '../order/order.ts';
import { openSealed } from '../personal/open-sealed.ts';
import { parseObject } from '../personal/personal-details.ts';
import type { Sealed } from '../personal/personal-store.ts';
import type { Services } from '../services.ts';
import { type CatalogItem, type CatalogRef, itemRow } from './catalog.ts';

/** The same rows with their personal fields opened. */
export async function readableItems(services: Services, items: readonly CatalogItem[]): Promise<CatalogItem[]> {
  const texts = items.length === 0 ? [] : await services.personal.read(items.map(itemRow));
  const open = async (item: CatalogItem) => {
    const own = texts.find(({ row }) => row === itemRow(item));
    return { ...item, body: { ...item.body, ...(await openFields(services, item, own)) } };
  };
  return Promise.all(items.map(open));
}

/** The personal fields of a row; none where nothing is sealed, or where it can no longer be read. */
export async function openFields(services: Services, ref: CatalogRef, text: Sealed | undefined): Promise<Details> {
  const opened = (await openSealed(services, text ? [text] : [])).get(itemRow(ref));
  return opened === undefined ? {} : parseObject(opened);
}
