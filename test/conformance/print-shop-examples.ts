/** The print shop's document: its requests, and its answers with their values and the order of their keys. */

/** `POST /API/order/verify` */
export const VERIFY = `{
  "pointID": "0026",
  "money": 25,
  "files": [{
    "fileID": "A52B4686E173B0612B71148F7F9E099A",
    "fileName": "申报指南.docx",
    "row": 1,
    "col": 2,
    "copies": 1,
    "size": "A4",
    "caliper": "70g",
    "color": "mono",
    "side": 1,
    "startPage": 0,
    "endPage": 0
  }],
  "dispatching": {
    "nickname": "",
    "phone": "",
    "address": "",
    "message": ""
  }
}`;

export const VERIFIED = {
  result: 'OK',
  info: { orderID: '201608123416576751519112', desc: '《申报指南.docx》等共1个文件' },
} as const;

/** What the order of the printed detail was placed with. Its figures do not follow from its own fields. */
export const WANTED_IN_DETAIL = {
  pointID: '0026',
  files: [
    {
      fileID: '3B052B46B7111286E48F7648F76E099A',
      fileName: '保养指南.docx',
      row: 1,
      col: 2,
      copies: 1,
      size: 'A4',
      caliper: '70g',
      color: 'colorful',
      side: 2,
      startPage: 2,
      endPage: 4,
    },
  ],
} as const;

/** `GET /API/order/detail` */
export const SHOWN = {
  result: 'OK',
  info: {
    uid: '1fba29cd8cc72f1ad',
    code: '+86',
    username: '18945678900',
    nickname: 'xxx',
    orderID: '2017081527671193112',
    orderDate: '1507110204020',
    state: 'PAID',
    payDate: '1507110422525',
    payway: 'ALIPAY',
    pointName: '第一打印点',
    pointPhone: '18945678901',
    printDate: '1507110452525',
    pointID: '0026',
    money: 80,
    files: [{ ...WANTED_IN_DETAIL.files[0], download: { enable: false, url: null } }],
    settle: [
      { size: 'A4', caliper: '70g', color: 'colorful', side: 2, unit: 50, count: 1 },
      { size: 'A4', caliper: '70g', color: 'colorful', side: 1, unit: 30, count: 1 },
    ],
  },
} as const;

/** `GET /API/orders/info` */
export const LISTED = {
  result: 'OK',
  info: [
    {
      orderID: '2017081527671193112',
      orderDate: '1507110204020',
      state: 'PAID',
      money: 50,
      pointName: '第一打印点',
      fileCount: 2,
      filePrename: '保养指南.docx',
    },
  ],
} as const;

/** `PUT /API/order/cancel` */
export const CANCELLED = '{"result":"OK"}';
