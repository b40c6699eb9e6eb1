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
    document.body.classList.add("has-globe");
    canvas.dataset.state = "ready";
  } catch (error) {
    canvas.dataset.state = "none";
    for (const part of document.querySelectorAll(".globe > *")) part.hidden = part.id !== "globe-none";
    element("globe-none").append(` (${error.message})`);
  }
}

start();
