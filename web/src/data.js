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
    const values = new TYPES[told.type](size);
    const wide = values.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(values.buffer), sorted = new Uint8Array(buffer, 4 + length + told.offset, size * wide);
    if (!told.by_byte) bytes.set(sorted);
    for (let b = 0, from = 0; told.by_byte && b < wide; b += 1) {
      for (let k = b; k < bytes.length; k += wide, from += 1) bytes[k] = sorted[from];
    }
    for (let n = 0; told.stride && n < told.order; n += 1) {
      for (let k = told.stride; k < size; k += 1) values[k] += values[k - told.stride];
    }
    arrays[name] = { values, shape: told.shape, scale: told.scale };
  }
  return { header, arrays };
}

/** @returns {number} where a cell stands among ascending ones, -1 where it does not @param {string} name in hexadecimal */
export function indexOfCell(cells, name) {
  const wanted = BigInt(`0x${name}`);
  let low = 0, high = cells.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cells[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return cells[low] === wanted ? low : -1;
}

/** @returns {Float32Array} numbers in their unit, NaN where the largest whole number says there is none */
export function scaled(array) {
  const none = array.values.BYTES_PER_ELEMENT === 4 ? 0xffffffff : 0xffff;
  return Float32Array.from(array.values, (whole) => (whole === none ? NaN : whole * array.scale));
}
