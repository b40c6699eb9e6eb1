/** What every page with a globe has: cells to paint and to pick, a line between two paintings, keys, a legend. */

import { cellToLatLng, latLngToCell } from "h3-js";
import { indexOfCell, scaled } from "./data.js";
import { Globe, placeOf, pointAt } from "./scene.js";
import { GRADIENT, rgb, shade } from "./shades.js";

export const QUANTITIES = {
  mbps: { label: "Mbit/s a subscriber, median", unit: "Mbit/s", digits: 2, hasNone: true },
  availability: { label: "could be served, share of slots", unit: "%", digits: 1, factor: 100 },
  served: { label: "served, share of slots", unit: "%", digits: 1, factor: 100 },
  rtt_ms: { label: "round trip to the PoP, median", unit: "ms", digits: 1 },
};

export const element = (id) => document.getElementById(id);

/** @returns {HTMLElement} with properties, and children that are elements or text */
export function node(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** @returns {string} a number with a fixed number of digits, or a dash */
export function told(value, { unit, digits, factor = 1 }) {
  return Number.isFinite(value) ? `${(value * factor).toFixed(digits)} ${unit}` : "-";
}

/** @returns {string} latitude and longitude with their hemispheres */
export function pointText(lat, lon) {
  return `${Math.abs(lat).toFixed(2)} ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(2)} ${lon < 0 ? "W" : "E"}`;
}

/** @returns {HTMLElement} terms and what is said of each, which may hold elements */
export function definitions(lines) {
  return node("dl", {}, ...lines.flatMap(([term, text]) => [node("dt", {}, term), node("dd", {}, ...[text].flat())]));
}

export function swatch(colour) {
  const box = node("span", { className: "swatch" });
  box.style.background = colour;
  return box;
}

/** @returns {number[]} what nearly all of some numbers lie between */
export function rangeOf(...lists) {
  const known = lists.flatMap((values) => Array.from(values).filter(Number.isFinite)).sort((a, b) => a - b);
  return known.length ? [known[Math.floor(0.02 * known.length)], known[Math.floor(0.98 * (known.length - 1))]] : [0, 1];
}

export class View {
  constructor(data) {
    this.header = data.header;
    this.arrays = data.arrays;
    this.nCells = data.arrays.cell.values.length;
    this.colours = this.header.causes.map((cause) => rgb(cause.colour));
    this.globe = new Globe(element("globe"), data);
    const canvas = element("globe");
    let down = null;
    canvas.addEventListener("pointerdown", (event) => { down = [event.clientX, event.clientY]; });
    canvas.addEventListener("pointerup", (event) => {
      if (down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 4) this.pickPixel(event.clientX, event.clientY);
      down = null;
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @returns {Object<string, Float32Array>} numbers of cells, by the names of their arrays without an ending */
  numbers(names, ending = "") {
    return Object.fromEntries(names.map((name) => [name, scaled(this.arrays[`${name}${ending}`])]));
  }

  key(event) {
    const moves = {
      ArrowLeft: [0, -6, 1], ArrowRight: [0, 6, 1], ArrowUp: [6, 0, 1], ArrowDown: [-6, 0, 1],
      "+": [0, 0, 0.88], "=": [0, 0, 0.88], "-": [0, 0, 1.14],
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.pick(...placeOf(this.globe.camera.position));
    else if (event.key === "Escape") this.clear();
    else if (moves[event.key]) this.globe.turn(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  /** Move the line between the two paintings. @param {number} share of the width that shows the left one */
  setWipe(share) {
    this.globe.setWipe(share);
    const line = element("globe-line");
    line.hidden = share >= 1;
    line.style.left = `${100 * share}%`;
  }

  /** @returns {(cell: number) => number[]|null} colours of a quantity; none where it is not known, or there is none */
  shadesOf(name, values, [low, high]) {
    const { hasNone } = QUANTITIES[name];
    return (k) => (Number.isFinite(values[k]) && !(hasNone && values[k] === 0)
      ? shade((values[k] - low) / (high - low || 1)) : null);
  }

  /** @param {Iterable<string>} quantities @param {Set<number>} causes that are painted */
  legend(quantities, causes) {
    const legend = element("globe-legend");
    legend.replaceChildren();
    for (const name of new Set(quantities)) {
      const { unit, factor = 1, label } = QUANTITIES[name], [low, high] = this.ranges[name];
      const bar = node("span", { className: "bar" });
      bar.style.background = GRADIENT;
      legend.append(`${label}: ${(low * factor).toFixed(0)} `, bar, ` ${(high * factor).toFixed(0)} ${unit}; hatched: none `);
    }
    this.header.causes.forEach((cause, k) => {
      if (causes.has(k)) legend.append(node("span", { className: "key" }, swatch(cause.colour), cause.words), " ");
    });
  }

  /** @returns {(string|HTMLElement)[]} a cause by its code or number, with its colour */
  causeText(which) {
    const cause = this.header.causes.find(({ code }, k) => code === which || k === which);
    return [swatch(cause.colour), cause.words];
  }

  pickPixel(x, y) {
    const point = this.globe.groundAt(x, y);
    if (point === null) this.clear();
    else this.pick(...placeOf(point));
  }

  clear() {
    this.globe.mark(null);
    element("globe-told").replaceChildren();
  }

  /** Tell of a place. @returns {object|null} the numbers told, null where nobody lives */
  pick(lat, lon) {
    const name = latLngToCell(lat, lon, this.header.resolution);
    const k = indexOfCell(this.arrays.cell.values, name);
    this.globe.mark(pointAt(...cellToLatLng(name)));
    const cell = k < 0 ? null : this.factsOf(k, name);
    const head = node("h3", {}, pointText(lat, lon));
    element("globe-told").replaceChildren(
      head, ...(cell === null ? ["Nobody lives in this cell, or it was not computed."] : this.tell(lat, lon, cell)));
    return cell;
  }

  /** @returns {object} what is the same for every page */
  placeOfCell(k, name) {
    const country = this.header.countries[this.arrays.country.values[k]];
    return { cell: name, country: country.code, country_name: country.name, rows: this.arrays.rows.values[k] };
  }

  placeLines(cell) {
    return [
      ["Country", `${cell.country_name} ${cell.country_name === cell.country ? "" : cell.country}`],
      ["Cell", `${cell.cell}, ${cell.rows === 1 ? "one row" : `${cell.rows} rows together`}`],
      ["People", Math.round(cell.people).toLocaleString("en")],
    ];
  }
}
