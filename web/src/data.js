/** Reads what src/ecumene/views/globe.py wrote: base64 of gzip of a header and little-endian arrays. */

const TYPES = {
  int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array,
  int64: BigInt64Array, uint64: BigUint64Array, float32: Float32Array, float64: Float64Array,
};

/**
 * @param {string} text base64
 * @returns {Promise<{header: object, arrays: Object<string, {values: ArrayLike, shape: number[], scale: number}>}>}
 */
export async function readData(text) {
  const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  for (const [name, told] of Object.entries(header.arrays)) {
    const size = told.shape.reduce((a, b) => a * b, 1);
    arrays[name] = {
      values: new TYPES[told.type](buffer, 4 + length + told.offset, size),
      shape: told.shape,
      scale: told.scale,
    };
  }
  return { header, arrays };
}

/** @returns {string[]} H3 indices in hexadecimal, from their differences */
export function cellNames(differences) {
  const names = new Array(differences.length);
  let cell = 0n;
  for (let k = 0; k < differences.length; k += 1) {
    cell += differences[k];
    names[k] = cell.toString(16);
  }
  return names;
}

/** @returns {Float32Array} numbers in their unit, NaN where the largest whole number says there is none */
export function scaled(array) {
  const none = array.values.BYTES_PER_ELEMENT === 4 ? 0xffffffff : 0xffff;
  return Float32Array.from(array.values, (whole) => (whole === none ? NaN : whole * array.scale));
}
