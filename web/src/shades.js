/** Colours of quantities: viridis, which red-green colour-blind eyes read in order. */

const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];

/** @returns {number[]} red, green, blue, 0 to 1 */
export function rgb(hex) {
  return [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) / 255);
}

const STOPS = VIRIDIS.map(rgb);

/** @param {number} share 0 to 1 @returns {number[]} red, green, blue */
export function shade(share) {
  const x = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1);
  const k = Math.min(Math.floor(x), STOPS.length - 2);
  return STOPS[k].map((low, i) => low + (STOPS[k + 1][i] - low) * (x - k));
}

export const GRADIENT = `linear-gradient(to right, ${VIRIDIS.join(", ")})`;
