// One twin, opened: its map, its traces, its network with what every hidden unit says and how it is weighed.

import { chart } from "./charts.js";
import { element } from "./fields.js";
import { css, layout, paint, colors, opaque, single } from "./maps.js";

const box = document.getElementById("twin");

export function draw(found, told, data, view, act) {
  box.hidden = false;
  const map = element("canvas", { className: "map", role: "img" });
  const trace = element("canvas", { className: "trace", role: "img" });
  const net = element("canvas", { role: "img" });
  const action = (text, name) => element("button", { textContent: text, onclick: () => act(name, found) });
  const focused = box.contains(document.activeElement);
  box.replaceChildren(
    element("h2", { textContent: told }),
    element("p", {}, action(view.kept ? "Keep no longer" : "Keep", "keep"), " ", action("Train it alone", "alone"), " ", action("Close", "close")),
    element("div", { className: "inside" },
      element("div", {}, element("div", { className: "small", textContent: "Its answers, and the training examples" }), map),
      element("div", {}, element("div", { className: "small", textContent: "Training loss (solid) and accuracy (dashed)" }), trace),
      element("div", {}, element("div", { className: "small", textContent: "Its hidden units and weights: blue above 0, orange below" }), net)),
  );
  if (focused) box.focus();
  single(map, Uint8Array.from(found.map), data);
  map.setAttribute("aria-label", `decision map of seed ${found.seed}`);
  const lines = ["train_loss", "train_accuracy"].filter((name) => found.traces[name]).map((name, dash) => ({
    name: name.replace("_", " "), color: css("--main"), dash, x: found.steps, y: found.traces[name],
  }));
  chart(trace, lines, { most: view.most, log: view.log, label: "one twin" });
  network(net, found, data);
}

export function hide() { box.hidden = true; box.replaceChildren(); }

function network(canvas, found, data) {
  const layers = found.hidden.map((layer) => layer.slice(0, 16)), wide = canvas.clientWidth || 280;
  const most = Math.max(1, ...layers.map((layer) => layer.length)), tile = Math.min(44, Math.max(14, Math.floor(220 / most) - 4));
  const ratio = devicePixelRatio || 1, height = most * (tile + 5) + 6;
  canvas.style.height = `${height}px`;
  canvas.width = wide * ratio; canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const inputs = Math.min(found.weights[0]?.[0]?.length ?? 1, 16), columns = [inputs, ...layers.map((layer) => layer.length), 1];
  const x = (column) => 14 + (column * (wide - tile - 24)) / (columns.length - 1 || 1);
  const y = (column, unit) => ((unit + 0.5) * height) / columns[column];
  found.weights.forEach((matrix, column) => {
    const largest = Math.max(...matrix.flat().map(Math.abs), 1e-9);
    matrix.slice(0, columns[column + 1]).forEach((row, unit) => row.slice(0, columns[column]).forEach((weight, from) => {
      context.strokeStyle = weight > 0 ? "#0072B2" : "#D55E00";
      context.globalAlpha = 0.25 + (0.75 * Math.abs(weight)) / largest;
      context.lineWidth = 0.5 + (3.5 * Math.abs(weight)) / largest;
      context.beginPath();
      context.moveTo(x(column) + (column ? tile : 4), y(column, from));
      context.lineTo(x(column + 1), y(column + 1, unit));
      context.stroke();
    }));
  });
  context.globalAlpha = 1;
  const form = layout(data), table = colors();
  const show = (map, column, unit) => {
    const image = new ImageData(form.columns, form.rows), small = new OffscreenCanvas(form.columns, form.rows);
    paint(new Uint32Array(image.data.buffer), form.columns, 0, 0, map, form, table, opaque(css("--middle")));
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, x(column), y(column, unit) - tile / 2, tile, tile);
    context.strokeStyle = css("--grey"); context.lineWidth = 1;
    context.strokeRect(x(column), y(column, unit) - tile / 2, tile, tile);
  };
  for (let from = 0; from < inputs; from++) {
    context.fillStyle = css("--grey");
    context.fillText(inputs <= 2 ? `x${from + 1}` : "·", 0, y(0, from) + 4);
  }
  layers.forEach((layer, column) => layer.forEach((map, unit) => show(map, column + 1, unit)));
  show(found.map, columns.length - 1, 0);
  canvas.setAttribute("aria-label", `network of ${columns.join(", ")} units`);
}
