/** Puts the globe into the page that holds it: a report or a comparison. */

import { Comparison } from "./comparison.js";
import { readData } from "./data.js";
import { Report } from "./report.js";
import { element } from "./view.js";

async function start() {
  const canvas = element("globe");
  if (!canvas) return;
  try {
    const data = await readData(element("globe-data").textContent);
    canvas.ecumene = data.header.labels ? new Comparison(data) : new Report(data); // for tests and for curious people
    canvas.dataset.state = "ready";
  } catch (error) {
    canvas.dataset.state = "none";
    element("globe-stage").hidden = true;
    element("globe-tools").hidden = true;
    element("globe-none").hidden = false;
    element("globe-none").append(` (${error.message})`);
  }
}

start();
