/** Where the satellites are at any instant: a cubic through four neighbouring positions. */

/**
 * @param {{values: Int16Array, shape: number[], scale: number}} steps positions (step, satellite, 3), ECEF, in km
 * @param {number} t time in steps, 0 at the first position
 * @param {Float32Array} out (satellite, 3), in km
 */
export function positionsAt(steps, t, out) {
  const [nSteps, nSats] = steps.shape;
  const k = Math.min(Math.max(Math.floor(t), 1), nSteps - 3);
  const u = t - k;
  const weights = [
    (-u * (u - 1) * (u - 2)) / 6,
    ((u + 1) * (u - 1) * (u - 2)) / 2,
    (-(u + 1) * u * (u - 2)) / 2,
    ((u + 1) * u * (u - 1)) / 6,
  ].map((w) => w * steps.scale);
  const size = 3 * nSats;
  const first = (k - 1) * size;
  const v = steps.values;
  for (let i = 0; i < size; i += 1) {
    const at = first + i;
    out[i] = weights[0] * v[at] + weights[1] * v[at + size] + weights[2] * v[at + 2 * size] + weights[3] * v[at + 3 * size];
  }
}
