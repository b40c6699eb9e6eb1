/** Puts the globe into the report: what it shows, the clock, picking, search. */

import { cellToLatLng, latLngToCell } from "h3-js";
import { cellNames, readData, scaled } from "./data.js";
import { EARTH_KM, Globe, placeOf, pointAt } from "./scene.js";
import { GRADIENT, rgb, shade } from "./shades.js";

const QUANTITIES = {
  mbps: { label: "Mbit/s a subscriber, median", unit: "Mbit/s", digits: 2 },
  availability: { label: "could be served, share of slots", unit: "%", digits: 1, factor: 100 },
  rtt_ms: { label: "round trip to the PoP, median", unit: "ms", digits: 1 },
};

const element = (id) => document.getElementById(id);

/** @returns {string} a number with a fixed number of digits, or a dash */
function told(value, { unit, digits, factor = 1 }) {
  return Number.isFinite(value) ? `${(value * factor).toFixed(digits)} ${unit}` : "-";
}

class App {
  constructor(data) {
    this.header = data.header;
    this.arrays = data.arrays;
    this.names = cellNames(data.arrays.cell.values);
    this.indexOf = new Map(this.names.map((name, k) => [name, k]));
    this.values = Object.fromEntries(
      ["people", "availability", "served", "mbps", "rtt_ms"].map((name) => [name, scaled(data.arrays[name])]));
    this.t_s = 0;
    this.playing = false;
    this.globe = new Globe(element("globe"), data, this.names);
    this.colours = this.header.causes.map((cause) => rgb(cause.colour));
    this.ranges = { mbps: [0, this.header.busy_mbps], availability: [0, 1], rtt_ms: this.rangeOf(this.values.rtt_ms) };
    this.fillChoices();
    this.listen();
    this.show("left");
    this.show("right");
    this.setTime(0);
  }

  rangeOf(values) {
    const known = values.filter(Number.isFinite).sort();
    return known.length ? [known[Math.floor(0.02 * known.length)], known[Math.floor(0.98 * (known.length - 1))]] : [0, 1];
  }

  fillChoices() {
    const options = [["cause", "why (not) served, most slots"],
      ...Object.entries(QUANTITIES).map(([name, q]) => [name, q.label]),
      ...Array.from(this.arrays.key_slot.values, (slot, k) => [`key${k}`, `why (not) served at ${this.clock(slot * this.header.slot_s)}`])];
    for (const side of ["left", "right"]) {
      const select = element(`globe-${side}`);
      if (side === "right") select.add(new Option("the same everywhere", "same"));
      for (const [value, label] of options) select.add(new Option(label, value));
    }
    const list = element("globe-places");
    for (const [name, country] of this.header.places) list.append(new Option("", country ? `${name}, ${country}` : name));
    element("globe-time").max = String(Math.max(1, Math.round(this.header.shown_s)));
    element("globe-time").step = "1";
  }

  /** @returns {string} UTC at a time after the start, hours to seconds; with the day where the run is longer than one */
  clock(t_s) {
    const text = new Date(Date.parse(this.header.start) + 1000 * t_s).toISOString();
    return this.header.slots * this.header.slot_s > 86400 ? text.slice(0, 19).replace("T", " ") : text.slice(11, 19);
  }

  listen() {
    const canvas = element("globe");
    element("globe-left").addEventListener("change", () => this.show("left"));
    element("globe-right").addEventListener("change", () => this.show("right"));
    element("globe-wipe").addEventListener("input", () => this.show("right"));
    element("globe-play").addEventListener("click", () => this.play(!this.playing));
    element("globe-time").addEventListener("input", (event) => { this.play(false); this.setTime(Number(event.target.value)); });
    element("globe-links").addEventListener("change", (event) => {
      this.globe.links.visible = event.target.checked;
      this.setTime(this.t_s);
    });
    element("globe-satellites").addEventListener("change", (event) => {
      this.globe.satellites.visible = event.target.checked;
      this.globe.draw();
    });
    element("globe-find").addEventListener("submit", (event) => { event.preventDefault(); this.search(element("globe-search").value); });
    element("globe-search").addEventListener("change", (event) => this.search(event.target.value));
    let down = null;
    canvas.addEventListener("pointerdown", (event) => { down = [event.clientX, event.clientY]; });
    canvas.addEventListener("pointerup", (event) => {
      if (down && Math.hypot(event.clientX - down[0], event.clientY - down[1]) < 4) this.pickPixel(event.clientX, event.clientY);
      down = null;
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const moves = {
      ArrowLeft: [0, -6, 1], ArrowRight: [0, 6, 1], ArrowUp: [6, 0, 1], ArrowDown: [-6, 0, 1],
      "+": [0, 0, 0.88], "=": [0, 0, 0.88], "-": [0, 0, 1.14],
    };
    if (event.key === " ") this.play(!this.playing);
    else if (event.key === "Enter") this.pick(...placeOf(this.globe.camera.position));
    else if (moves[event.key]) this.globe.turn(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  /** Paint one side with what its list says. */
  show(side) {
    let choice = element(`globe-${side}`).value;
    const isSame = choice === "same";
    if (side === "right") {
      element("globe-wipe").disabled = isSame;
      this.globe.setWipe(isSame ? 1 : Number(element("globe-wipe").value) / 100);
      if (isSame) choice = element("globe-left").value;
    }
    this.globe.paint(side, this.colourOf(choice));
    this.legend();
  }

  colourOf(choice) {
    if (choice === "cause") return (k) => this.colours[this.arrays.cause.values[k]];
    if (choice.startsWith("key")) {
      const first = Number(choice.slice(3)) * this.names.length;
      return (k) => this.colours[this.arrays.key_cause.values[first + k]];
    }
    const values = this.values[choice], [low, high] = this.ranges[choice];
    return (k) => (Number.isFinite(values[k]) && !(choice === "mbps" && values[k] === 0)
      ? shade((values[k] - low) / (high - low || 1)) : null);
  }

  legend() {
    const choices = [element("globe-left").value, element("globe-right").value].filter((c) => c !== "same");
    const legend = element("globe-legend");
    legend.replaceChildren();
    const quantities = choices.filter((c) => QUANTITIES[c]);
    for (const name of new Set(quantities)) {
      const { unit, factor = 1, label } = QUANTITIES[name], [low, high] = this.ranges[name];
      const bar = document.createElement("span");
      bar.className = "bar";
      bar.style.background = GRADIENT;
      legend.append(`${label}: ${(low * factor).toFixed(0)} `, bar, ` ${(high * factor).toFixed(0)} ${unit}; hatched: none `);
    }
    if (quantities.length < choices.length) {
      const used = new Set(choices.flatMap((c) => this.causesOf(c)));
      this.header.causes.forEach((cause, k) => {
        if (!used.has(k)) return;
        const swatch = document.createElement("span");
        swatch.className = "swatch";
        swatch.style.background = cause.colour;
        legend.append(swatch, `${cause.words} `);
      });
    }
  }

  causesOf(choice) {
    if (choice === "cause") return Array.from(new Set(this.arrays.cause.values));
    if (!choice.startsWith("key")) return [];
    const first = Number(choice.slice(3)) * this.names.length;
    return Array.from(new Set(this.arrays.key_cause.values.subarray(first, first + this.names.length)));
  }

  setTime(t_s) {
    this.t_s = Math.min(Math.max(t_s, 0), this.header.shown_s);
    element("globe-time").value = String(Math.round(this.t_s));
    element("globe-clock").textContent = `${this.clock(this.t_s)} UTC`;
    this.globe.moveTo(this.t_s);
  }

  play(wanted) {
    this.playing = wanted;
    element("globe-play").textContent = wanted ? "Pause" : "Play";
    element("globe-play").setAttribute("aria-pressed", String(wanted));
    if (!wanted) return;
    let before = performance.now();
    const step = (now) => {
      if (!this.playing) return;
      const t_s = this.t_s + ((now - before) / 1000) * 30; // half a minute a second
      before = now;
      this.setTime(t_s >= this.header.shown_s ? 0 : t_s);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
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
    const k = this.indexOf.get(name);
    const [midLat, midLon] = cellToLatLng(name);
    this.globe.mark(pointAt(midLat, midLon));
    const cell = k === undefined ? null : this.factsOf(k, name);
    this.tell(lat, lon, cell);
    return cell;
  }

  factsOf(k, name) {
    const country = this.header.countries[this.arrays.country.values[k]];
    const keys = Array.from(this.arrays.key_slot.values, (slot, i) => {
      const at = i * this.names.length + k, sat = this.arrays.key_sat.values[at];
      return { slot, cause: this.header.causes[this.arrays.key_cause.values[at]].code, satellite: sat < 0 ? "" : this.header.satellites[sat] };
    });
    return {
      cell: name, country: country.code, country_name: country.name, status: country.status,
      cause: this.header.causes[this.arrays.cause.values[k]].code, rows: this.arrays.rows.values[k], keys,
      ...Object.fromEntries(Object.entries(this.values).map(([what, values]) => [what, values[k]])),
    };
  }

  tell(lat, lon, cell) {
    const box = element("globe-told");
    const head = document.createElement("h3");
    const [gateway, km] = this.nearestGateway(lat, lon);
    head.textContent = `${Math.abs(lat).toFixed(2)} ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(2)} ${lon < 0 ? "W" : "E"}`;
    if (cell === null) {
      box.replaceChildren(head, "Nobody lives in this cell, or it was not computed.");
      return;
    }
    const words = (code) => this.header.causes.find((cause) => cause.code === code).words;
    const lines = [
      ["Country", `${cell.country_name} (${cell.status.replace("_", " ")})`],
      ["Cell", `${cell.cell}, ${cell.rows === 1 ? "one row" : `${cell.rows} rows together`}`],
      ["People", Math.round(cell.people).toLocaleString("en")],
      ["Why", words(cell.cause)],
      ["Could be served", told(cell.availability, QUANTITIES.availability)],
      ["Served", told(cell.served, QUANTITIES.availability)],
      ["Rate", told(cell.mbps, QUANTITIES.mbps)],
      ["Round trip", told(cell.rtt_ms, QUANTITIES.rtt_ms)],
      ["Nearest gateway", gateway ? `${gateway}, ${km.toFixed(0)} km` : "none"],
      ...cell.keys.map((key) => [this.clock(key.slot * this.header.slot_s), `${words(key.cause)}${key.satellite ? `, over ${key.satellite}` : ""}`]),
    ];
    const list = document.createElement("dl");
    for (const [term, text] of lines) {
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = term; dd.textContent = text;
      list.append(dt, dd);
    }
    box.replaceChildren(head, list);
  }

  nearestGateway(lat, lon) {
    const here = pointAt(lat, lon);
    let best = ["", Infinity];
    for (const [name, country, y, x] of this.header.gateways) {
      const km = EARTH_KM * here.angleTo(pointAt(y, x));
      if (km < best[1]) best = [`${name} ${country}`, km];
    }
    return best;
  }

  /** Go to a place by name, or to "LAT,LON". */
  search(text) {
    const point = /^\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
    const plain = (s) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
    const wanted = plain(text);
    const full = ([name, country]) => plain(country ? `${name}, ${country}` : name);
    const found = point ? ["", "", Number(point[1]), Number(point[2])]
      : this.header.places.find((p) => full(p) === wanted) ?? this.header.places.find((p) => plain(p[0]) === wanted)
        ?? this.header.places.find((p) => wanted && full(p).startsWith(wanted));
    const note = element("globe-note");
    note.textContent = found || !wanted ? "" : `No place "${text.trim()}" among the ${this.header.places.length} known here; try LAT,LON.`;
    if (!found) return null;
    this.globe.lookAt(found[2], found[3]);
    return this.pick(found[2], found[3]);
  }
}

async function start() {
  const canvas = element("globe");
  if (!canvas) return;
  try {
    const app = new App(await readData(element("globe-data").textContent));
    canvas.ecumene = app; // for tests and for curious people
    canvas.dataset.state = "ready";
  } catch (error) {
    canvas.dataset.state = "none";
    canvas.hidden = true;
    element("globe-tools").hidden = true;
    element("globe-none").hidden = false;
    element("globe-none").append(` (${error.message})`);
  }
}

start();
