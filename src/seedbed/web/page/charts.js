// Charts on a canvas: fans of quantiles, steps of arrival, lines of one twin, on common axes.

import { css } from "./maps.js";

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const LEFT = 46, RIGHT = 8, TOP = 6, BOTTOM = 20;

// lines: [{ color, dash, x: [], y: [], low: [], high: [], inner: [[], []], steps: bool }]
export function chart(canvas, lines, { most, log, marker, bounds, label }) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * ratio; canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.font = "11px system-ui, sans-serif";
  const [low, high] = bounds ?? limits(lines);
  const far = log ? Math.log1p(most) : most || 1;
  const x = (step) => LEFT + ((log ? Math.log1p(step) : step) / far) * (width - LEFT - RIGHT);
  const y = (value) => height - BOTTOM - ((Math.min(Math.max(value, low), high) - low) / (high - low)) * (height - TOP - BOTTOM);
  axes(context, { x, y, low, high, most, log, width, height });
  for (const line of lines) {
    context.fillStyle = line.color;
    if (line.low) area(context, line, line.low, line.high, x, y, 0.14);
    if (line.inner) area(context, line, ...line.inner, x, y, 0.22);
    context.strokeStyle = line.color; context.lineWidth = 1.8;
    context.setLineDash(DASHES[line.dash % DASHES.length]);
    context.beginPath();
    let open = false;
    line.x.forEach((step, at) => {
      if (line.y[at] === null) { open = false; return; }
      if (open && line.steps) context.lineTo(x(step), y(line.y[at - 1]));
      context[open ? "lineTo" : "moveTo"](x(step), y(line.y[at]));
      open = true;
    });
    context.stroke(); context.setLineDash([]);
  }
  if (marker !== undefined) {
    context.strokeStyle = css("--grey"); context.lineWidth = 1;
    context.beginPath(); context.moveTo(x(marker), TOP); context.lineTo(x(marker), height - BOTTOM); context.stroke();
  }
  canvas.setAttribute("aria-label", `${label}. ${lines.map((line) => said(line)).join("; ")}`);
}

function said(line) {
  const at = line.y.findLastIndex((value) => value !== null);
  return at < 0 ? `${line.name}: nothing yet` : `${line.name}: ${Number(line.y[at].toPrecision(3))} at step ${line.x[at]}`;
}

function area(context, line, lower, upper, x, y, alpha) {
  const known = line.x.map((_, at) => at).filter((at) => lower[at] !== null && upper[at] !== null);
  if (known.length < 2) return;
  context.globalAlpha = alpha;
  context.beginPath();
  const path = (ats, values) => ats.forEach((at, place) => {
    const before = ats[place - 1];
    if (line.steps && before !== undefined) context.lineTo(x(line.x[Math.max(at, before)]), y(values[Math.min(at, before)]));
    context.lineTo(x(line.x[at]), y(values[at]));
  });
  path(known, upper);
  path(known.toReversed(), lower);
  context.fill();
  context.globalAlpha = 1;
}

function axes(context, { x, y, low, high, most, log, width, height }) {
  context.strokeStyle = css("--line"); context.fillStyle = css("--grey"); context.lineWidth = 1;
  context.textAlign = "right"; context.textBaseline = "middle";
  for (const value of ticks(low, high, 4)) {
    context.beginPath(); context.moveTo(LEFT, y(value)); context.lineTo(width - RIGHT, y(value)); context.stroke();
    context.fillText(String(Number(value.toPrecision(4))), LEFT - 5, y(value));
  }
  context.textBaseline = "top";
  const steps = log ? [0, 1, 10, 100, 1000, 10000, 100000].filter((step) => step <= most) : ticks(0, most, 4);
  for (const step of steps) {
    context.textAlign = step === 0 ? "left" : x(step) > width - 30 ? "right" : "center";
    context.fillText(step.toLocaleString("en"), x(step), height - BOTTOM + 5);
  }
}

function limits(lines) {
  const all = lines.flatMap((line) => [...(line.high ?? line.y), ...(line.low ?? line.y)]).filter((value) => value !== null);
  if (!all.length) return [0, 1];
  const ends = all.toSorted((a, b) => a - b), top = ends[Math.floor(0.985 * (ends.length - 1))], bottom = Math.min(0, ends[0]);
  return [bottom, top > bottom ? top * 1.05 : bottom + 1];
}

function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, at) => (Math.ceil(low / step) + at) * step);
}

// Quantile rows of a setting, [step, loss, accuracy], as a fan.
export function fan(rows, column, look) {
  const part = (at) => rows.map((row) => (row[column] ? row[column][at] : null));
  return { ...look, x: rows.map((row) => row[0]), y: part(2), low: part(0), high: part(4), inner: [part(1), part(3)] };
}

// The share of a setting's twins that have arrived, with Wilson's interval at each arrival.
export function arrived(hits, step, look) {
  const n = hits.length, z = 1.959964, sorted = Array.from(hits).filter((hit) => hit >= 0 && hit <= step).sort((a, b) => a - b);
  const line = { ...look, x: [0], y: [0], low: [0], high: [z * z / (n + z * z)], steps: true };
  const add = (at, count) => {
    const share = count / n, middle = (share + z * z / (2 * n)) / (1 + z * z / n);
    const reach = (z / (1 + z * z / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
    line.x.push(at); line.y.push(share);
    line.low.push(count ? middle - reach : 0); line.high.push(count < n ? middle + reach : 1);
  };
  sorted.forEach((hit, at) => { if (hit !== sorted[at + 1]) add(hit, at + 1); });
  add(step, sorted.length);
  return line;
}
