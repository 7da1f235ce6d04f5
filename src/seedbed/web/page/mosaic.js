// Every twin of a setting as a tile: its map, its fate, the one that is opened; with a pointer or with the keys.

import { colors, css, layout, opaque, paint } from "./maps.js";
import { element } from "./fields.js";

const GAP = 1;

export class Mosaic {
  constructor(number, name, data, seeds, color, open) {
    Object.assign(this, { number, name, data, seeds, open, form: layout(data), order: seeds.map((_, at) => at), focus: 0 });
    this.canvas = element("canvas", { tabIndex: 0, role: "application" });
    this.title = element("figcaption");
    this.mark = element("b", { textContent: name || "All twins" });
    if (name) { this.mark.style.borderBottom = `3px solid ${color}`; }
    this.count = element("span");
    this.title.append(this.mark, " ", this.count);
    this.figure = element("figure", {}, this.title, this.canvas);
    this.canvas.addEventListener("click", (event) => this.choose(this.under(event)));
    this.canvas.addEventListener("mousemove", (event) => { this.canvas.title = this.told(this.under(event)); });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  arrange(width) { // tiles in rows so that the whole is about as wide as high
    const { columns, rows } = this.form;
    this.across = Math.max(1, Math.ceil(Math.sqrt(this.seeds.length * (rows / columns) * (width > 700 ? 1.6 : 1))));
    this.down = Math.ceil(this.seeds.length / this.across);
    this.wide = columns + GAP; this.high = rows + GAP;
  }

  draw(frame, opened, kept, failedFirst) {
    const count = this.seeds.length, first = this.number * count, size = frame.maps.length / frame.hit.length;
    const fate = (twin) => (frame.diverged[first + twin] >= 0 ? 3 : frame.dead[first + twin] ? 2 : frame.hit[first + twin] >= 0 ? 0 : 1);
    this.frame = frame; this.fate = fate;
    this.order = this.seeds.map((_, at) => at);
    if (failedFirst) this.order.sort((a, b) => fate(b) - fate(a) || a - b);
    this.arrange(this.canvas.parentElement.clientWidth);
    const table = colors(), line = opaque(css("--panel")), blank = opaque(css("--middle"));
    const width = this.across * this.wide, height = this.down * this.high;
    const image = new ImageData(width, height), pixels = new Uint32Array(image.data.buffer);
    pixels.fill(line);
    this.order.forEach((twin, at) => {
      const map = frame.maps.subarray((first + twin) * size, (first + twin + 1) * size);
      paint(pixels, width, (at % this.across) * this.wide, Math.floor(at / this.across) * this.high, map, this.form, table, blank);
    });
    const small = new OffscreenCanvas(width, height);
    small.getContext("2d").putImageData(image, 0, 0);
    const scale = Math.max(1, Math.min(8, Math.round((this.canvas.clientWidth * devicePixelRatio) / width)));
    this.canvas.width = width * scale; this.canvas.height = height * scale;
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, width * scale, height * scale);
    this.order.forEach((twin, at) => this.mark_fate(context, at, fate(twin), scale, {
      opened: opened && opened.setting === this.number && opened.seed === this.seeds[twin],
      kept: kept.has(`${this.number}:${this.seeds[twin]}`), focused: at === this.focus && document.activeElement === this.canvas,
    }));
    const sum = (kind) => this.order.filter((twin) => fate(twin) === kind).length;
    this.count.textContent = [`${count} twins`, sum(3) && `${sum(3)} diverged`, sum(2) && `${sum(2)} dead`].filter(Boolean).join(", ");
    this.canvas.setAttribute("aria-label", `${this.name || "all twins"}: ${this.count.textContent}, step ${frame.step}. ${this.told(this.focus)}`);
  }

  mark_fate(context, at, fate, scale, { opened, kept, focused }) {
    const x = (at % this.across) * this.wide * scale, y = Math.floor(at / this.across) * this.high * scale;
    const w = this.form.columns * scale, h = this.form.rows * scale;
    context.lineWidth = Math.max(1, w / 16);
    if (fate >= 2) {
      context.fillStyle = fate === 3 ? "rgba(0,0,0,.55)" : "rgba(128,128,128,.45)";
      context.fillRect(x, y, w, h);
      context.strokeStyle = "#ffffff";
      context.beginPath();
      context.moveTo(x + w * 0.25, y + h * (fate === 3 ? 0.25 : 0.5)); context.lineTo(x + w * 0.75, y + h * (fate === 3 ? 0.75 : 0.5));
      if (fate === 3) { context.moveTo(x + w * 0.75, y + h * 0.25); context.lineTo(x + w * 0.25, y + h * 0.75); }
      context.stroke();
    }
    if (fate === 0) {
      context.fillStyle = "#009e73"; context.strokeStyle = "#ffffff"; context.lineWidth = Math.max(1, w / 40);
      context.beginPath(); context.arc(x + w * 0.86, y + h * 0.14, w * 0.1, 0, 7); context.fill(); context.stroke();
    }
    if (!opened && !kept && !focused) return;
    context.strokeStyle = css(opened || focused ? "--ink" : "--good");
    context.lineWidth = Math.max(2, w / 12);
    context.setLineDash(focused && !opened ? [w / 5, w / 8] : []);
    context.strokeRect(x + context.lineWidth / 2, y + context.lineWidth / 2, w - context.lineWidth, h - context.lineWidth);
    context.setLineDash([]);
  }

  told(at) {
    const twin = this.order[at];
    if (twin === undefined || !this.frame) return "";
    const place = this.number * this.seeds.length + twin, frame = this.frame;
    const ends = [`arrived at step ${frame.hit[place]}`, "still on its way", "dead: the same answer everywhere, no gradient", `diverged at step ${frame.diverged[place]}`];
    return `seed ${this.seeds[twin]}: ${ends[this.fate(twin)]}`;
  }

  under(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * this.across), y = Math.floor(((event.clientY - box.top) / box.height) * this.down);
    return y * this.across + x;
  }

  choose(at) {
    if (this.order[at] === undefined) return;
    this.focus = at;
    this.open(this.number, this.seeds[this.order[at]]);
  }

  key(event) {
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.across, ArrowUp: -this.across }[event.key];
    if (event.key === "Enter") this.choose(this.focus);
    else if (move) { this.focus = Math.min(Math.max(this.focus + move, 0), this.order.length - 1); this.canvas.dispatchEvent(new Event("moved", { bubbles: true })); }
    else return;
    event.preventDefault();
  }
}
