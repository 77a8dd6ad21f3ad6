/** Random numbers that come again when the seed does: the generator mulberry32. */

/** Gives whole numbers from `min` to `max`, both included. */
export function seededRandom(seed: number): (min: number, max: number) => number {
  let state = seed | 0;
  return (min, max) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return min + Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (max - min + 1));
  };
}
