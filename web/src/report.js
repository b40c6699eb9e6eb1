/** The globe of a run: what it shows, the clock, what a cell tells, search. */

import { EARTH_KM, pointAt } from "./scene.js";
import { View, QUANTITIES, definitions, element, node, rangeOf, swatch, told } from "./view.js";

export class Report extends View {
  constructor(data) {
    super(data);
    this.values = this.numbers(["people", "availability", "served", "mbps", "rtt_ms"]);
    this.ranges = {
      mbps: [0, this.header.busy_mbps], availability: [0, 1], served: [0, 1], rtt_ms: rangeOf(this.values.rtt_ms),
    };
    this.t_s = 0;
    this.playing = false;
    this.fillChoices();
    this.listen();
    this.show("left");
    this.show("right");
    this.setTime(0);
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

  /** @returns {string} UTC at a time after the start, as programs read it */
  utc(t_s) {
    return new Date(Date.parse(this.header.start) + 1000 * t_s).toISOString().replace(".000Z", "Z");
  }

  /** @returns {string} the same, hours to seconds; with the day where the run is longer than one */
  clock(t_s) {
    const text = this.utc(t_s);
    return this.header.slots * this.header.slot_s > 86400 ? text.slice(0, 19).replace("T", " ") : text.slice(11, 19);
  }

  listen() {
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
  }

  key(event) {
    if (event.key !== " ") return super.key(event);
    this.play(!this.playing);
    event.preventDefault();
  }

  /** Paint one side with what its list says. */
  show(side) {
    const right = element("globe-right").value;
    const isSame = right === "same";
    if (side === "right") {
      element("globe-wipe").disabled = isSame;
      this.setWipe(isSame ? 1 : Number(element("globe-wipe").value) / 100);
    }
    const choice = side === "right" && !isSame ? right : element("globe-left").value;
    this.globe.paint(side, this.colourOf(choice));
    const shown = [element("globe-left").value, ...(isSame ? [] : [right])];
    this.legend(shown.filter((name) => QUANTITIES[name]), new Set(shown.flatMap((name) => this.causesOf(name))));
  }

  colourOf(choice) {
    if (choice === "cause") return (k) => this.colours[this.arrays.cause.values[k]];
    if (!choice.startsWith("key")) return this.shadesOf(choice, this.values[choice], this.ranges[choice]);
    const first = Number(choice.slice(3)) * this.nCells;
    return (k) => this.colours[this.arrays.key_cause.values[first + k]];
  }

  causesOf(choice) {
    if (choice === "cause") return Array.from(new Set(this.arrays.cause.values));
    if (!choice.startsWith("key")) return [];
    const first = Number(choice.slice(3)) * this.nCells;
    return Array.from(new Set(this.arrays.key_cause.values.subarray(first, first + this.nCells)));
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

  factsOf(k, name) {
    const { header, arrays } = this, n = this.nCells;
    const at = (array, i) => arrays[array].values[i * n + k];
    const shares = header.share_causes
      .map((cause, i) => ({ cause: header.causes[cause].code, share: at("cause_share", i) * arrays.cause_share.scale }))
      .filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
    const keys = Array.from(arrays.key_slot.values, (slot, i) => {
      const visible = at("key_visible", i), clear = visible - at("key_not_clear", i);
      const [sat, gateway, pop] = arrays.way.values.subarray(3 * at("key_way", i), 3 * at("key_way", i) + 3);
      const site = header.gateways[gateway];
      return {
        slot, cause: header.causes[at("key_cause", i)].code, satellite: header.satellites[sat] ?? "",
        gateway: site ? site[0] : "", gateway_country: site ? site[1] : "", pop: header.pops[pop] ?? "",
        n_visible: visible, n_clear: clear, n_usable: clear - at("key_not_usable", i),
      };
    });
    return {
      ...this.placeOfCell(k, name), cause: header.causes[arrays.cause.values[k]].code, shares, keys,
      law: header.rulings[arrays.ruling.values[k]],
      ...Object.fromEntries(Object.entries(this.values).map(([what, values]) => [what, values[k]])),
    };
  }

  tell(lat, lon, cell) {
    const [gateway, km] = this.nearestGateway(lat, lon);
    const law = Object.fromEntries(cell.law);
    const lines = [
      ...this.placeLines(cell),
      ["Why, most slots", this.causeText(cell.cause)],
      ["All slots", this.splitOf(cell.shares)],
      ["Could be served", told(cell.availability, QUANTITIES.availability)],
      ["Served", told(cell.served, QUANTITIES.served)],
      ["Rate", told(cell.mbps, QUANTITIES.mbps)],
      ["Round trip", told(cell.rtt_ms, QUANTITIES.rtt_ms)],
      ["Licence", law.status],
      ["says who", law.source],
      ["may land", law.landing],
      ...cell.law.slice(3),
      ["Comes down, mostly", this.mainLanding(cell.keys)],
      ["Nearest gateway", gateway ? `${gateway}, ${km.toFixed(0)} km` : "none"],
    ];
    return [definitions(lines), this.keyTable(cell.keys), this.command(lat, lon, cell)];
  }

  /** @returns {HTMLElement[]} the split of causes as a bar and in words */
  splitOf(shares) {
    const bar = node("span", { className: "split", ariaHidden: "true" });
    for (const { cause, share } of shares) {
      const part = swatch(this.header.causes.find(({ code }) => code === cause).colour);
      part.style.flexGrow = String(share);
      bar.append(part);
    }
    const words = shares.map(({ cause, share }) => node("span", { className: "key" }, ...this.causeText(cause), ` ${(100 * share).toFixed(1)} %`));
    return [bar, ...words.flatMap((word) => [word, " "])];
  }

  /** @returns {string} the way home of most of the kept slots */
  mainLanding(keys) {
    const ways = keys.filter((key) => key.gateway).map((key) => `${key.gateway} ${key.gateway_country}, PoP ${key.pop}`);
    if (!ways.length) return "in none of the slots below";
    const counts = ways.map((way) => ways.filter((other) => other === way).length);
    const most = Math.max(...counts);
    return `${ways[counts.indexOf(most)]} (${most} of the ${keys.length} slots below)`;
  }

  keyTable(keys) {
    const row = (tag, cells) => node("tr", {}, ...cells.map((cell, i) => node(tag, { className: i > 4 ? "num" : "" }, ...[cell].flat())));
    const heads = ["UTC", "Why", "Satellite", "Gateway", "PoP", "in view", "clear", "usable"];
    const lines = keys.map((key) => row("td", [
      this.clock(key.slot * this.header.slot_s), this.causeText(key.cause), key.satellite || "-",
      key.gateway ? `${key.gateway} ${key.gateway_country}` : "-", key.pop || "-",
      ...[key.n_visible, key.n_clear, key.n_usable].map(String)]));
    return node("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Slots kept" }, node(
      "table", { className: "dense" },
      node("caption", {}, node("span", {}, "The slots kept: satellites in view of the cell's centre, of these clear of the geostationary arc, of these with a permitted path home.")),
      node("thead", {}, row("th", heads)), node("tbody", {}, ...lines)));
  }

  /** @returns {HTMLElement} what to type to be told all there is, with a button that copies it */
  command(lat, lon, cell) {
    const { slot } = cell.keys.find((key) => key.cause === cell.cause) ?? cell.keys[0];
    const text = `ecumene why ${lat.toFixed(3)},${lon.toFixed(3)} --scenario ${this.folder()} --at ${this.utc(slot * this.header.slot_s)}`;
    const code = node("code", {}, text), button = node("button", { type: "button" }, "Copy");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch { // not allowed here: select it, to be copied by hand
        getSelection().selectAllChildren(code);
      }
    });
    return node("p", { className: "command" }, "The whole chain of reasons, and what would change it: ", code, " ", button);
  }

  /** @returns {string} the folder this page lies in, for a shell; where it is not a file, where runs go by default */
  folder() {
    const here = decodeURIComponent(location.pathname).replace(/\/[^/]*$/, "").replace(/^\/([A-Za-z]:)/, "$1");
    const folder = location.protocol === "file:" ? here : `out/${this.header.scenario}`;
    return /^[\w./:@%+=-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`;
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
    this.globe.flyTo(found[2], found[3]);
    return this.pick(found[2], found[3]);
  }
}
