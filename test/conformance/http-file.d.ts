/** A file of example requests, imported as its text. */
declare module '*.http?raw' {
  const text: string;
  export default text;
}
