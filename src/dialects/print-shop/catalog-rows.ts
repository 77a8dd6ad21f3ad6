/** The catalogue of the print shop: what operators keep in it, and which rows an order is for. */

import * as z from 'zod';
import { type CatalogItem, refKey } from '../../core/catalog/catalog.ts';
import { MAX_AMOUNT_FEN } from '../../core/money.ts';
import type { WantedItem } from '../../core/order/place-order.ts';
import { catalogLine } from '../../http/catalog-kind.ts';
import { MAX_PAGES, POINT_ID, type Wanted, type WantedFile } from './schema.ts';

const fee = z.int().nonnegative().max(MAX_AMOUNT_FEN);

/** `print-points` in the catalogue. */
export const pointSchema = z.strictObject({
  name: catalogLine,
  phone: catalogLine.optional(),
  delivers: z.boolean(),
  /** What a delivery costs, and from how much on the point delivers, that not counted. */
  deliveryFeeFen: fee,
  deliveryFromFen: fee,
  /** What an order comes to at least. */
  minimumFen: fee,
});
export const pointIdSchema = z.string().regex(POINT_ID, { error: 'must be digits' });

/** Low enough that fifty files of all their pages and copies still add up exactly. */
const MAX_UNIT_FEN = 1_000_000;
const unit = z.int().nonnegative().max(MAX_UNIT_FEN);

/** `print-prices` in the catalogue: of one paper in one colour, as its id says. What is left out is not sold. */
export const priceSchema = z.strictObject({ singleFen: unit.optional(), doubleFen: unit.optional() });
export const priceIdSchema = z.string().regex(/^\d{1,16}(?:-[\p{L}\p{N}.]{1,16}){2}-(?:mono|colorful)$/u, {
  error: 'must be <point>-<size>-<caliper>-<mono or colorful>',
});

/** `print-files` in the catalogue: what was uploaded, by its MD5. */
export const fileSchema = z.strictObject({ fileName: catalogLine, pages: z.int().min(1).max(MAX_PAGES) });
export const fileIdSchema = z.string().regex(/^[0-9A-F]{32}$/, { error: 'must be an MD5 in upper case' });

export const POINTS = 'print-points';
export const PRICES = 'print-prices';
export const FILES = 'print-files';

const refsOfFile = (pointID: string, { fileID, size, caliper, color }: WantedFile) => ({
  file: { kind: FILES, id: fileID.toUpperCase() },
  price: { kind: PRICES, id: [pointID, size, caliper, color].join('-') },
});

/** The rows that an order is for, each once, in the order in which they are missed. */
export function refsOf({ pointID, files }: Wanted): WantedItem[] {
  const wanted: WantedItem[] = [
    { kind: POINTS, id: pointID, field: 'pointID' },
    ...files.flatMap((one, nth) => {
      const { file: fileRef, price } = refsOfFile(pointID, one);
      return [
        { ...fileRef, field: `files.${nth}.fileID` },
        { ...price, field: `files.${nth}.size` },
      ];
    }),
  ];
  const first = new Map<string, WantedItem>();
  for (const item of wanted) if (!first.has(refKey(item))) first.set(refKey(item), item);
  return [...first.values()];
}

/** The rows that {@link refsOf} asks for, by what they say. */
export function readRows(items: readonly CatalogItem[], pointID: string) {
  const rows = new Map(items.map((item) => [refKey(item), item.body]));
  const point = rows.get(refKey({ kind: POINTS, id: pointID }));
  return {
    point: point === undefined ? null : pointSchema.parse(point),
    pagesOf: (one: WantedFile) => fileSchema.parse(rows.get(refKey(refsOfFile(pointID, one).file))).pages,
    pricesOf: (one: WantedFile) => priceSchema.parse(rows.get(refKey(refsOfFile(pointID, one).price))),
  };
}
