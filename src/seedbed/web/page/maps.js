// Maps of answers in color: orange for label 0 or low, blue for label 1 or high. One twin, a mosaic of all, their shares.

const LOW = [213, 94, 0], HIGH = [0, 114, 178];
export const NONE = 255; // of a map: not a number

export function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

function rgb(hex) { return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)); }

export function colors() {
  const middle = rgb(css("--middle")), table = new Uint32Array(256);
  for (let value = 0; value < 255; value++) {
    const far = Math.abs(value / 127 - 1) ** 0.8, end = value < 127 ? LOW : HIGH;
    const [r, g, b] = middle.map((from, at) => Math.round(from + far * (end[at] - from)));
    table[value] = 0xff000000 | (b << 16) | (g << 8) | r;
  }
  table[NONE] = 0xff808080;
  return table;
}

// How the points of a map lie: [columns, rows], and the point of a cell (rows upwards on a plane).
export function layout(data) {
  if (data.bounds && data.shape.length === 2) {
    const [rows, columns] = data.shape;
    return { columns, rows, at: (x, y) => (rows - 1 - y) * columns + x };
  }
  if (data.bounds) return { columns: data.shape[0], rows: data.shape[0], line: true };
  const columns = Math.ceil(Math.sqrt(data.shape[0])), rows = Math.ceil(data.shape[0] / columns);
  return { columns, rows, at: (x, y) => (y * columns + x < data.shape[0] ? y * columns + x : -1) };
}

// One map into an image of 32-bit colors, its upper left corner at (left, top).
export function paint(pixels, width, left, top, map, form, table, blank) {
  const { columns, rows } = form;
  if (!form.line) {
    for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) {
      const at = form.at(x, y);
      pixels[(top + y) * width + left + x] = at < 0 ? blank : table[map[at]];
    }
    return;
  }
  const height = (value) => Math.round((1 - value / 254) * (rows - 1));
  for (let x = 0; x < columns; x++) {
    for (let y = 0; y < rows; y++) pixels[(top + y) * width + left + x] = blank;
    if (map[x] === NONE) continue;
    const here = height(map[x]), next = height(map[Math.min(x + 1, columns - 1)] === NONE ? map[x] : map[Math.min(x + 1, columns - 1)]);
    for (let y = Math.min(here, next); y <= Math.max(here, next); y++) pixels[(top + y) * width + left + x] = table[254];
  }
}

export function opaque(hex) { const [r, g, b] = rgb(hex); return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0; }

export function single(canvas, map, data, points = true) {
  const form = layout(data), table = colors();
  canvas.width = form.columns; canvas.height = form.rows;
  const image = new ImageData(form.columns, form.rows);
  paint(new Uint32Array(image.data.buffer), form.columns, 0, 0, map, form, table, opaque(css("--middle")));
  if (!points || !data.bounds) { canvas.getContext("2d").putImageData(image, 0, 0); return; }
  const small = new OffscreenCanvas(form.columns, form.rows);
  small.getContext("2d").putImageData(image, 0, 0);
  canvas.width = canvas.height = 480;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, 480, 480);
  dots(context, data, 480);
}

function dots(context, data, size) {
  const [[x0, x1], [y0, y1]] = data.bounds.length === 2 ? data.bounds : [data.bounds[0], data.range];
  data.points.forEach((point, at) => {
    const target = data.targets[at], y = point.length > 1 ? point[1] : target;
    context.beginPath();
    context.arc(((point[0] - x0) / (x1 - x0)) * size, (1 - (y - y0) / (y1 - y0)) * size, size / 110, 0, 7);
    context.fillStyle = point.length === 1 ? "#4d4d4d" : target > (data.target === "binary" ? 0.5 : 0) ? "#004a75" : "#8a3d00";
    context.fill();
    context.lineWidth = size / 300; context.strokeStyle = "#ffffff"; context.stroke();
  });
}

// The share of twins that answer 1 at each place, or where targets are no labels their mean answer, as a map.
export function share(maps, first, count, size, labels) {
  const sums = new Float32Array(size), counted = new Uint16Array(size);
  for (let twin = first; twin < first + count; twin++) for (let at = 0; at < size; at++) {
    const value = maps[twin * size + at];
    if (value === NONE) continue;
    counted[at]++;
    sums[at] += labels ? (value >= 127 ? 254 : 0) : value;
  }
  return Uint8Array.from(sums, (sum, at) => (counted[at] ? sum / counted[at] : NONE));
}
