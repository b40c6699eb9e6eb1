/** The globe itself: cells, coasts, satellites and links, drawn when something changed. Lengths in Earth radii. */

import {
  BufferAttribute, BufferGeometry, CanvasTexture, Color, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial,
  PerspectiveCamera, Points, PointsMaterial, Quaternion, Raycaster, Scene, ShaderMaterial, Sphere, SphereGeometry, Vector2, Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { cellToBoundary, cellToLatLng } from "h3-js";
import { positionsAt } from "./sky.js";

export const EARTH_KM = 6371.0;
const RAD = Math.PI / 180;
const FLIGHT_MS = 700;
const MOST_CORNERS = 10; // of a pentagon whose edges cross those of the icosahedron

/** @returns {Vector3} of a latitude and longitude [deg] at a distance from the Earth's middle */
export function pointAt(lat, lon, distance = 1) {
  const c = Math.cos(lat * RAD) * distance;
  return new Vector3(c * Math.cos(lon * RAD), Math.sin(lat * RAD) * distance, -c * Math.sin(lon * RAD));
}

/** @returns {[number, number]} latitude and longitude of a point [deg] */
export function placeOf(point) {
  return [Math.asin(point.y / point.length()) / RAD, Math.atan2(-point.z, point.x) / RAD];
}

const CELL_VERTEX = `
attribute vec3 left; attribute vec3 right; varying vec3 vLeft; varying vec3 vRight;
void main() { vLeft = left; vRight = right; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }`;
/* A colour below zero means: there is none; it is hatched. */
const CELL_FRAGMENT = `
uniform float split; uniform vec3 blank; uniform vec3 hatch; varying vec3 vLeft; varying vec3 vRight;
void main() {
  vec3 c = gl_FragCoord.x < split ? vLeft : vRight;
  if (c.r < -0.5) c = mod(gl_FragCoord.x + gl_FragCoord.y, 8.0) < 2.0 ? hatch : blank;
  gl_FragColor = vec4(c, 1.0);
}`;

/** @returns {number[][]} cells as h3-js takes them without reading text: lower and upper 32 bits */
function splitLongs(cells) {
  const halves = new Uint32Array(cells.buffer, cells.byteOffset, 2 * cells.length);
  return Array.from(cells, (_, k) => [halves[2 * k], halves[2 * k + 1]]);
}

export class Globe {
  constructor(canvas, data) {
    const cells = splitLongs(data.arrays.cell.values);
    this.canvas = canvas;
    this.data = data;
    this.renderer = new WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
    this.scene = new Scene();
    this.scene.background = new Color("#0b1720");
    this.camera = new PerspectiveCamera(32, 1, 0.05, 40);
    this.camera.position.copy(this.firstView(cells));
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enablePan: false, minDistance: 1.2, maxDistance: 12, rotateSpeed: 0.5 });
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => { this.flight += 1; });
    this.scene.add(new Mesh(new SphereGeometry(0.994, 96, 64), new MeshBasicMaterial({ color: data.header.colours.ocean })));
    this.addCells(cells);
    this.addLines("coast", 1.0012, "#1b2329");
    this.addLines("border", 1.0012, "#5a666e");
    if (data.arrays.r_sat) this.addSatellites();
    if (data.header.gateways) this.addGateways();
    this.marker = this.dots([new Vector3(0, 0, 0)], 14, "#ffffff");
    this.marker.visible = false;
    this.wipe = 1;
    this.flight = 0; // the number of the last one; a flight ends where it is no longer its own
    this.wanted = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  addCells(cells) {
    const positions = new Float32Array(3 * MOST_CORNERS * cells.length), index = new Uint32Array(3 * MOST_CORNERS * cells.length);
    this.firstOfCell = new Uint32Array(cells.length + 1);
    let n = 0, end = 0;
    cells.forEach((cell, k) => {
      const corners = cellToBoundary(cell);
      this.firstOfCell[k] = n;
      for (let j = 1; j + 1 < corners.length; j += 1) {
        index[end] = n; index[end + 1] = n + j; index[end + 2] = n + j + 1;
        end += 3;
      }
      for (const [lat, lon] of corners) {
        const c = Math.cos(lat * RAD);
        positions[3 * n] = c * Math.cos(lon * RAD); positions[3 * n + 1] = Math.sin(lat * RAD);
        positions[3 * n + 2] = -c * Math.sin(lon * RAD);
        n += 1;
      }
    });
    this.firstOfCell[cells.length] = n;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(positions.slice(0, 3 * n), 3));
    for (const side of ["left", "right"]) geometry.setAttribute(side, new BufferAttribute(new Float32Array(3 * n), 3));
    geometry.setIndex(new BufferAttribute(index.slice(0, end), 1));
    const colour = (text) => { const c = new Color(); c.setStyle(text, ""); return new Vector3(c.r, c.g, c.b); };
    this.cells = new Mesh(geometry, new ShaderMaterial({
      vertexShader: CELL_VERTEX,
      fragmentShader: CELL_FRAGMENT,
      uniforms: { split: { value: 1e9 }, blank: { value: colour("#c9cdd0") }, hatch: { value: colour("#8d959b") } },
    }));
    this.scene.add(this.cells);
  }

  /** @param {"left"|"right"} side @param {(cell: number) => number[]|null} colourOf red, green, blue of a cell, 0 to 1 */
  paint(side, colourOf) {
    const attribute = this.cells.geometry.getAttribute(side);
    const values = attribute.array;
    for (let k = 0; k + 1 < this.firstOfCell.length; k += 1) {
      const [r, g, b] = colourOf(k) ?? [-1, -1, -1];
      for (let v = 3 * this.firstOfCell[k]; v < 3 * this.firstOfCell[k + 1]; v += 3) {
        values[v] = r; values[v + 1] = g; values[v + 2] = b;
      }
    }
    attribute.needsUpdate = true;
    this.draw();
  }

  addLines(name, distance, colour) {
    const { values, scale } = this.data.arrays[name];
    const lengths = this.data.arrays[`${name}_lengths`].values;
    const positions = [];
    let at = 0;
    for (const length of lengths) {
      for (let k = at; k + 1 < at + length; k += 1) {
        for (const end of [k, k + 1]) {
          const p = pointAt(values[2 * end + 1] * scale, values[2 * end] * scale, distance);
          positions.push(p.x, p.y, p.z);
        }
      }
      at += length;
    }
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
    this.scene.add(new LineSegments(geometry, new LineBasicMaterial({ color: colour })));
  }

  addSatellites() {
    const nSats = this.data.arrays.r_sat.shape[1];
    this.km = new Float32Array(3 * nSats);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(3 * nSats), 3));
    geometry.boundingSphere = new Sphere(new Vector3(), 20);
    this.satellites = new Points(geometry, this.dotMaterial(4, "#fff3c4"));
    const links = this.data.arrays.links;
    const linkGeometry = new BufferGeometry();
    linkGeometry.setAttribute("position", new BufferAttribute(new Float32Array(3 * links.values.length), 3));
    linkGeometry.boundingSphere = geometry.boundingSphere;
    this.links = new LineSegments(linkGeometry, new LineBasicMaterial({ color: "#ffb74d", transparent: true, opacity: 0.35 }));
    this.links.visible = false;
    this.scene.add(this.satellites, this.links);
  }

  addGateways() {
    const points = this.data.header.gateways.map(([, , lat, lon]) => pointAt(lat, lon, 1.004));
    this.gateways = this.dots(points, 7, "#ffffff");
  }

  dotMaterial(size, colour) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 32;
    const pen = canvas.getContext("2d");
    pen.beginPath(); pen.arc(16, 16, 14, 0, 2 * Math.PI); pen.fillStyle = "#ffffff"; pen.fill();
    pen.lineWidth = 3; pen.strokeStyle = "#10202b"; pen.stroke();
    const map = new CanvasTexture(canvas);
    return new PointsMaterial({ size, sizeAttenuation: false, color: colour, map, alphaTest: 0.4, transparent: true });
  }

  dots(points, size, colour) {
    const geometry = new BufferGeometry().setFromPoints(points);
    const dots = new Points(geometry, this.dotMaterial(size, colour));
    dots.frustumCulled = false;
    this.scene.add(dots);
    return dots;
  }

  /** Move the satellites to a time. @param {number} t_s seconds after the start */
  moveTo(t_s) {
    const { first_s: first, step_s: step } = this.data.header;
    positionsAt(this.data.arrays.r_sat, (t_s - first) / step, this.km);
    const to = this.satellites.geometry.getAttribute("position");
    for (let i = 0; i < this.km.length; i += 3) {
      to.array[i] = this.km[i] / EARTH_KM;
      to.array[i + 1] = this.km[i + 2] / EARTH_KM;
      to.array[i + 2] = -this.km[i + 1] / EARTH_KM;
    }
    to.needsUpdate = true;
    if (this.links.visible) this.moveLinks(to.array);
    this.draw();
  }

  moveLinks(from) {
    const { values } = this.data.arrays.links;
    const to = this.links.geometry.getAttribute("position");
    for (let e = 0; e < values.length; e += 1) {
      for (let x = 0; x < 3; x += 1) to.array[3 * e + x] = from[3 * values[e] + x];
    }
    to.needsUpdate = true;
  }

  /** @returns {Vector3|null} where on the ground a pixel of the canvas lies */
  groundAt(x, y) {
    const box = this.canvas.getBoundingClientRect();
    const pixel = new Vector2((2 * (x - box.left)) / box.width - 1, 1 - (2 * (y - box.top)) / box.height);
    const ray = new Raycaster();
    ray.setFromCamera(pixel, this.camera);
    return ray.ray.intersectSphere(new Sphere(new Vector3(), 1), new Vector3());
  }

  /** @returns {number} a distance at which as much fits on a narrow canvas as does on a wide one at the one given */
  fitting(distance) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return width && height && width < height ? Math.min((distance * height) / width, 11) : distance;
  }

  /** @returns {Vector3} a camera that sees all cells from near where they lie close together, else the whole globe */
  firstView(cells) {
    const some = cells.filter((_, k) => k % Math.ceil(cells.length / 2000) === 0); // enough to see where they lie
    const middle = new Vector3(), points = some.map((cell) => pointAt(...cellToLatLng(cell)));
    for (const point of points) middle.add(point);
    const widest = points.reduce((most, point) => Math.max(most, middle.angleTo(point)), 0);
    if (!points.length || widest > 40 * RAD) return pointAt(20, 15, this.fitting(4.4));
    return middle.setLength(this.fitting(Math.min(1.15 + 4.2 * widest, 4.4)));
  }

  /** Turn a place to the front, as one follows with the eye; at once for those who asked for less motion. */
  flyTo(lat, lon) {
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.lookAt(lat, lon);
      return;
    }
    const from = this.camera.position.clone(), begun = performance.now();
    this.lookAt(lat, lon);
    const to = this.camera.position.clone(), turn = new Quaternion();
    const whole = new Quaternion().setFromUnitVectors(from.clone().normalize(), to.clone().normalize());
    const flight = (this.flight += 1);
    const step = (now) => {
      if (flight !== this.flight) return; // another one began, or a hand took over
      const share = Math.min((now - begun) / FLIGHT_MS, 1), eased = share * share * (3 - 2 * share);
      this.camera.position.copy(from).applyQuaternion(turn.identity().slerp(whole, eased))
        .setLength(from.length() + (to.length() - from.length()) * eased);
      if (share === 1) this.camera.position.copy(to);
      this.controls.update();
      this.draw();
      if (share < 1) requestAnimationFrame(step);
    };
    step(begun);
  }

  /** Turn a place to the front at once. */
  lookAt(lat, lon) {
    this.flight += 1;
    const distance = Math.min(this.camera.position.length(), this.fitting(3.2));
    this.camera.position.copy(pointAt(lat, lon, distance));
    this.controls.update();
    this.draw();
  }

  turn(dLat, dLon, zoom) {
    this.flight += 1;
    const [lat, lon] = placeOf(this.camera.position);
    const distance = Math.min(Math.max(this.camera.position.length() * zoom, 1.2), 12);
    this.camera.position.copy(pointAt(Math.min(Math.max(lat + dLat, -89), 89), lon + dLon, distance));
    this.controls.update();
    this.draw();
  }

  mark(point) {
    this.marker.visible = point !== null;
    if (point !== null) this.marker.position.copy(point).multiplyScalar(1.006);
    this.draw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.setWipe(this.wipe);
  }

  /** @param {number} share of the width, from the left, that shows the left side */
  setWipe(share) {
    this.wipe = share;
    this.cells.material.uniforms.split.value = share >= 1 ? 1e9 : share * this.renderer.domElement.width;
    this.draw();
  }

  /** Draw with the next frame of the screen, once however often it is asked for. */
  draw() {
    if (this.wanted) return;
    this.wanted = true;
    requestAnimationFrame(() => { this.wanted = false; this.renderer.render(this.scene, this.camera); });
  }
}
