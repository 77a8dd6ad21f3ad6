/** What a print job costs: one pure function over the point's prices. */

import { accept, refuse, type Result } from '../../core/errors.ts';
import type { Fen } from '../../core/money.ts';

/** How a file is printed. */
export type Job = {
  size: string;
  caliper: string;
  color: 'mono' | 'colorful';
  /** 1: on one side of each sheet; 2: on both, as far as there is something for both. */
  side: 1 | 2;
  row: number;
  col: number;
  copies: number;
  /** How many pages of the file are printed. */
  pages: number;
};

/** What one sheet of a paper costs in one colour, printed on one side or on both; left out: not sold. */
export type SheetPrices = { singleFen?: Fen | undefined; doubleFen?: Fen | undefined };

/** What a print point asks beside its sheets. */
export type PointTerms = { delivers: boolean; deliveryFeeFen: Fen; deliveryFromFen: Fen; minimumFen: Fen };

/** So many sheets of one kind. */
export type SettledItem = Pick<Job, 'size' | 'caliper' | 'color' | 'side'> & { unitFen: Fen; count: number };

/** A job with what its sheets cost. */
export type PricedJob = { job: Job; prices: SheetPrices };

/** What an order comes to. */
export type Bill = { settle: SettledItem[]; amountFen: Fen };

/**
 * The sheets of all jobs at their prices, the delivery, and never less than the point's minimum. A sheet that is printed
 * on both sides has two faces, and each face `row × col` pages; a last face alone is a sheet printed on one side.
 *
 * Refuses `item_not_found` for a kind of sheet that the point does not sell, and `invalid_input` where it does not
 * deliver, or does not deliver for so little.
 */
export function billOf(jobs: readonly PricedJob[], point: PointTerms, isDelivered: boolean): Result<Bill> {
  const settle: SettledItem[] = [];
  for (const [nth, { job, prices }] of jobs.entries()) {
    const { size, caliper, color } = job;
    for (const { side, count } of sheetsOf(job)) {
      const unitFen = side === 1 ? prices.singleFen : prices.doubleFen;
      if (unitFen === undefined) return refuse('item_not_found', { field: `files.${nth}.size` });
      settle.push({ size, caliper, color, side, unitFen, count });
    }
  }
  const goodsFen = settle.reduce((sum, { unitFen, count }) => sum + unitFen * count, 0);
  if (isDelivered && !point.delivers) {
    return refuse('invalid_input', { field: 'dispatching', message: '该打印点不提供配送' });
  }
  if (isDelivered && goodsFen < point.deliveryFromFen) {
    const message = `配送须打印满 ${point.deliveryFromFen} 分，当前为 ${goodsFen} 分`;
    return refuse('invalid_input', { field: 'dispatching', message });
  }
  const deliveryFen = isDelivered ? point.deliveryFeeFen : 0;
  return accept({ settle, amountFen: Math.max(goodsFen + deliveryFen, point.minimumFen) });
}

/** The sheets of a job by kind, those printed on both sides first; kinds without any are left out. */
function sheetsOf({ side, row, col, copies, pages }: Job): { side: 1 | 2; count: number }[] {
  const faces = Math.ceil(pages / (row * col));
  const doubles = side === 2 ? Math.floor(faces / 2) : 0;
  const sheets = [
    { side: 2, count: doubles * copies },
    { side: 1, count: (faces - 2 * doubles) * copies },
  ] as const;
  return sheets.filter(({ count }) => count > 0);
}
