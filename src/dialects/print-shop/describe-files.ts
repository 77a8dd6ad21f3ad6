/** An order in a few words: what its customer reads when it is placed, and in the cashier. */

/** The first file's name as it was sent, and how many there are. */
export function describeFiles(files: readonly { fileName: string }[]): string {
  return `《${files[0]?.fileName ?? ''}》等共${files.length}个文件`;
}
