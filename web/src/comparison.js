/** Two runs on one globe: A on the left of a line, B on its right, and both in the cell that is picked. */

import { View, QUANTITIES, element, node, rangeOf, told } from "./view.js";

const SIDES = ["a", "b"];
const TOLD = ["availability", "served", "mbps", "rtt_ms"];

export class Comparison extends View {
  constructor(data) {
    super(data);
    this.people = this.numbers(["people"]).people;
    this.values = Object.fromEntries(SIDES.map((side) => [side, this.numbers(TOLD, `_${side}`)]));
    const ranged = (name) => rangeOf(...SIDES.map((side) => this.values[side][name]));
    this.ranges = { mbps: [0, ranged("mbps")[1]], availability: [0, 1], served: [0, 1], rtt_ms: ranged("rtt_ms") };
    const select = element("globe-shown");
    select.add(new Option("why (not) served, most slots", "cause"));
    for (const name of ["served", "availability", "rtt_ms", "mbps"]) select.add(new Option(QUANTITIES[name].label, name));
    select.addEventListener("change", () => this.show());
    const wipe = element("globe-wipe");
    wipe.addEventListener("input", () => this.setWipe(Number(wipe.value) / 100));
    this.show();
    this.setWipe(Number(wipe.value) / 100);
  }

  /** Paint A and B with what the list says. */
  show() {
    const name = element("globe-shown").value;
    SIDES.forEach((side, i) => {
      const cause = this.arrays[`cause_${side}`].values;
      this.globe.paint(["left", "right"][i], name === "cause" ? (k) => this.colours[cause[k]]
        : this.shadesOf(name, this.values[side][name], this.ranges[name]));
    });
    const causes = SIDES.flatMap((side) => Array.from(new Set(this.arrays[`cause_${side}`].values)));
    this.legend(name === "cause" ? [] : [name], new Set(name === "cause" ? causes : []));
  }

  factsOf(k, name) {
    const sides = SIDES.map((side) => [side, {
      cause: this.header.causes[this.arrays[`cause_${side}`].values[k]].code,
      ...Object.fromEntries(TOLD.map((what) => [what, this.values[side][what][k]])),
    }]);
    return { ...this.placeOfCell(k, name), people: this.people[k], ...Object.fromEntries(sides) };
  }

  tell(lat, lon, cell) {
    const heads = ["", ...SIDES.map((side, i) => `${side.toUpperCase()}: ${this.header.labels[i]}`)];
    const lines = [
      ...this.placeLines(cell).map(([term, text]) => [term, [text], null]),
      ["Why, most slots", ...SIDES.map((side) => this.causeText(cell[side].cause))],
      ...[["Could be served", "availability"], ["Served", "served"], ["Rate", "mbps"], ["Round trip", "rtt_ms"]].map(
        ([term, what]) => [term, ...SIDES.map((side) => [told(cell[side][what], QUANTITIES[what])])]),
    ];
    const row = ([term, a, b]) => node("tr", {}, node("th", { scope: "row" }, term),
      node("td", { colSpan: b === null ? 2 : 1 }, ...a), ...(b === null ? [] : [node("td", {}, ...b)]));
    return [node("div", { className: "scroll" }, node(
      "table", { className: "pair" },
      node("thead", {}, node("tr", {}, ...heads.map((head) => node("th", { scope: "col" }, head)))),
      node("tbody", {}, ...lines.map(row))))];
  }
}
