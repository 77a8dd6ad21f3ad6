/** Prices what somebody wants printed. */

import type { CatalogItem } from '../../core/catalog/catalog.ts';
import { accept, refuse, type Result } from '../../core/errors.ts';
import type { Offer } from '../../core/order/place-order.ts';
import { describeFiles } from './describe-files.ts';
import { billOf, type PricedJob } from './pricing.ts';
import { readRows } from './catalog-rows.ts';
import type { Wanted } from './schema.ts';

/** What the cashier shows of an order may be so long: only the longest of names are cut. */
const MAX_SUBJECT_CHARACTERS = 256;

/**
 * What is wanted at the point's prices, if they come to what its customer was told. Refuses `item_not_found` and
 * `invalid_input`, each with its field, and `amount_differs`.
 */
export function offerOf(items: readonly CatalogItem[], { pointID, files, dispatching, money }: Wanted): Result<Offer> {
  const { point, pagesOf, pricesOf } = readRows(items, pointID);
  if (point === null) return refuse('item_not_found', { field: 'pointID' });
  const jobs: PricedJob[] = [];
  for (const [nth, file] of files.entries()) {
    const all = pagesOf(file);
    if (file.endPage > all) {
      return refuse('invalid_input', { field: `files.${nth}.endPage`, message: `不能超过文件的总页数 ${all}` });
    }
    const pages = file.endPage === 0 ? all : file.endPage - file.startPage + 1;
    jobs.push({ job: { ...file, pages }, prices: pricesOf(file) });
  }
  const isDelivered = dispatching !== null;
  const billed = billOf(jobs, point, isDelivered);
  if (!billed.ok) return billed;
  const { settle, amountFen } = billed.value;
  if (money !== amountFen) {
    return refuse('amount_differs', { message: `金额不一致：应付 ${amountFen} 分，提交的是 ${money} 分` });
  }
  return accept({
    amountFen,
    subject: Array.from(describeFiles(files)).slice(0, MAX_SUBJECT_CHARACTERS).join(''),
    details: { pointID, pointName: point.name, pointPhone: point.phone ?? null, files, settle, isDelivered },
    personal: dispatching,
    saleOf: null,
    payWith: null,
    commission: null,
  });
}
