/** The rows that make the document's examples of the print shop work as printed. */
import type * as z from 'zod';
import type { fileSchema, pointSchema, priceSchema } from '../../src/dialects/print-shop/catalog-rows.ts';
import type { userSchema } from '../../src/dialects/users.ts';
import type { DemoRow } from './demo-row.ts';

const users: Record<string, z.input<typeof userSchema>> = {
  '1fba29cd8cc72f1ad': { name: 'xxx', phone: '18945678900', code: '+86' },
};

const points: Record<string, z.input<typeof pointSchema>> = {
  '0026': {
    name: '第一打印点',
    phone: '18945678901',
    delivers: true,
    deliveryFeeFen: 200,
    deliveryFromFen: 500,
    minimumFen: 0,
  },
};

const prices: Record<string, z.input<typeof priceSchema>> = {
  '0026-A4-70g-mono': { singleFen: 25, doubleFen: 40 },
  '0026-A4-70g-colorful': { singleFen: 30, doubleFen: 50 },
  '0026-A4-80g-mono': { singleFen: 30, doubleFen: 50 },
};

const files: Record<string, z.input<typeof fileSchema>> = {
  A52B4686E173B0612B71148F7F9E099A: { fileName: '申报指南.docx', pages: 2 },
  '3B052B46B7111286E48F7648F76E099A': { fileName: '保养指南.docx', pages: 10 },
};

export const printShopRows: readonly DemoRow[] = [
  ...Object.entries(users).map(([id, body]) => ({ kind: 'users', id, body })),
  ...Object.entries(points).map(([id, body]) => ({ kind: 'print-points', id, body })),
  ...Object.entries(prices).map(([id, body]) => ({ kind: 'print-prices', id, body })),
  ...Object.entries(files).map(([id, body]) => ({ kind: 'print-files', id, body })),
];
