/** The rows that make the document's examples of technician booking work as printed. */
import type * as z from 'zod';
import type { serviceSchema, technicianSchema } from '../../src/dialects/technician-booking/schema.ts';
import type { DemoRow } from './demo-row.ts';

const THUMB = 'https://t.592xuexi.cn/yam/d-11-1.png';
const AVATAR = 'https://image.fmock.com/MPWangzhe/hero/111.jpg';

const technicians: Record<string, z.input<typeof technicianSchema>> = {
  1: { uuid: 'uuid-111', name: '小丽', avatar: AVATAR },
  2: { uuid: 'uuid-222', name: '小娜', avatar: AVATAR },
};

const services: Record<string, z.input<typeof serviceSchema>> = {
  2: {
    uuid: 'uuid-222',
    technicianId: 1,
    title: '1号技师的项目二',
    thumbMin: THUMB,
    tourPriceFen: 9800,
    soldCount: 120,
  },
  3: {
    uuid: 'uuid-333',
    technicianId: 2,
    title: '2号技师的项目1',
    thumbMin: THUMB,
    tourPriceFen: 10_000,
    soldCount: 25,
  },
};

export const technicianBookingRows: readonly DemoRow[] = [
  ...Object.entries(technicians).map(([id, body]) => ({ kind: 'technicians', id, body })),
  ...Object.entries(services).map(([id, body]) => ({ kind: 'booking-services', id, body })),
];
