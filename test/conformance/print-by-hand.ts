/** A clerk who prints everything sheet by sheet and counts what lies there: the price rule, told in another way. */

/** One file as the clerk is given it. */
export type Task = {
  size: string;
  caliper: string;
  color: 'mono' | 'colorful';
  side: 1 | 2;
  row: number;
  col: number;
  copies: number;
  pages: number;
};

/** What lies on the table: for each file, so many sheets of one kind, in the order in which a bill names them. */
export type Pile = { file: number; kind: string; side: 1 | 2; count: number };

/** Prints every copy of every file. */
export function printByHand(tasks: readonly Task[]): Pile[] {
  return tasks.flatMap((task, file) => {
    const kind = `${task.size}-${task.caliper}-${task.color}`;
    let printedOnBoth = 0;
    let printedOnOne = 0;
    for (let copy = 0; copy < task.copies; copy++) {
      const faces = layOut(task);
      while (faces.length > 0) {
        faces.shift();
        const hasBack = task.side === 2 && faces.length > 0;
        if (hasBack) faces.shift();
        if (hasBack) printedOnBoth++;
        else printedOnOne++;
      }
    }
    const piles: Pile[] = [
      { file, kind, side: 2, count: printedOnBoth },
      { file, kind, side: 1, count: printedOnOne },
    ];
    return piles.filter(({ count }) => count > 0);
  });
}

/** The faces of one copy: page after page goes into the next cell of a grid, and a full grid begins a new face. */
function layOut({ row, col, pages }: Task): number[][] {
  const faces: number[][] = [];
  for (let page = 1; page <= pages; page++) {
    const last = faces.at(-1);
    if (last === undefined || last.length === row * col) faces.push([page]);
    else last.push(page);
  }
  return faces;
}

/** The price of one sheet. */
export type PriceOf = (kind: string, side: 1 | 2) => number;

/** What it comes to, paid fen by fen: the sheets, then the way, then whatever is missing to the least that is asked. */
export function countTheMoney(
  piles: readonly Pile[],
  priceOf: PriceOf,
  { wayFen, leastFen }: { wayFen: number; leastFen: number },
): number {
  let fen = 0;
  for (const { kind, side, count } of piles) fen += count * priceOf(kind, side);
  fen += wayFen;
  return fen < leastFen ? leastFen : fen;
}
