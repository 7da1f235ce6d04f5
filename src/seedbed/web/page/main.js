// The lab's page: fields in, a stream of frames out, everything drawn once per screen refresh at most.

import { arrived, chart, fan } from "./charts.js";
import * as fields from "./fields.js";
import { share, single } from "./maps.js";
import { Mosaic } from "./mosaic.js";
import { ask, messages } from "./stream.js";
import * as twin from "./twin.js";

const KEPT = 160; // frames that the slider reaches back to
const by = (id) => document.getElementById(id);
const words = await (await fetch("/api/words")).json();
const here = { id: null, playing: true, begin: null, frames: [], rows: [], mosaics: [], shares: [], opened: null, kept: new Set(), ended: false };
let stopper = new AbortController(), wanted = false, last = 0;

// Starting

async function start() {
  stopper.abort();
  stopper = new AbortController();
  const mine = stopper;
  fields.wrong("", "");
  save();
  by("now").textContent = "preparing";
  try {
    const pace = by("pace").value;
    const { id } = await ask("/api/start", { state: fields.state(words), pace: pace ? Number(pace) : null, playing: here.playing, instead: here.id });
    if (mine.signal.aborted) { ask("/api/do", { id, do: "end" }); return; }
    here.id = id;
    for await (const message of messages(`/api/stream/${id}`, mine.signal)) take(message);
  } catch (error) {
    if (mine.signal.aborted) return;
    fields.wrong(error.field ?? "", error.sentence ?? "the lab does not answer; is its terminal still open? Reload the page");
    by("now").textContent = "stopped";
  }
}

function take(message) {
  if (message.kind === "begin") begin(message);
  if (message.kind === "error") fields.wrong(fieldOf(message.sentence), message.sentence);
  if (message.kind === "curves") here.rows = message.rows;
  if (message.kind === "said") say(message);
  if (message.kind === "frame") keep(message);
  draw();
}

// A misfit that only training finds out names a part of the question; its sentence stands beside the field of it.
const fieldOf = (sentence) => ["loss", "initializer", "optimizer", "activation"].find((name) => sentence.includes(name)) ?? "";

function begin(message) {
  Object.assign(here, { begin: message, frames: [], rows: message.settings.map(() => []), ended: false });
  here.looks = message.settings.map((name, at) => ({ name: name || "all twins", color: words.palette[at % words.palette.length], dash: at }));
  here.mosaics = message.settings.map((name, at) => new Mosaic(at, name, message.data[at], message.seeds, here.looks[at].color, open));
  by("mosaics").replaceChildren(...here.mosaics.map((mosaic) => mosaic.figure));
  here.shares = message.settings.map((name, at) => {
    const canvas = fields.element("canvas", { role: "img" });
    const labels = message.data[at].target !== "real";
    const text = `${labels ? `Share of ${message.seeds.length} twins that answer ${message.data[at].target === "sign" ? "+1" : "1"}` : "Mean answer"}${name ? `: ${name}` : ""}`;
    canvas.setAttribute("aria-label", text);
    return { canvas, figure: fields.element("figure", {}, fields.element("figcaption", { textContent: text }), canvas), labels };
  });
  by("shares").replaceChildren(...here.shares.map((one) => one.figure));
  by("arrival-figure").hidden = !message.aimed;
  by("legend").replaceChildren(...legend(message));
  if (here.opened && (here.opened.setting >= message.settings.length || !message.seeds.includes(here.opened.seed))) close();
}

function legend(message) {
  const mark = (color, text) => {
    const square = fields.element("i");
    square.style.background = color;
    return fields.element("span", {}, square, text);
  };
  const kind = message.data[0].target;
  const ends = { binary: ["answers 0", "answers 1"], sign: ["answers \u22121", "answers +1"] }[kind] ?? ["low", "high"];
  return [mark("#D55E00", ends[0]), mark("#0072B2", ends[1]),
    ...(message.aimed ? [mark("#009E73", `green dot: arrived (${message.target})`)] : []),
    mark("#808080", "\u2212 dead: one answer everywhere, no gradient"), mark("#333333", "\u00d7 diverged: a number was not finite")];
}

function keep(message) {
  const past = by("past"), live = Number(past.value) === Number(past.max);
  here.frames.push(message);
  if (here.frames.length > KEPT) here.frames = here.frames.filter((_, at) => at % 2 === 0 || at === here.frames.length - 1);
  past.max = here.frames.length - 1;
  if (live) past.value = past.max;
  here.ended = message.ended;
  const state = here.ended ? "all have stopped" : `${message.running.toLocaleString("en")} of ${message.hit.length.toLocaleString("en")} train`;
  by("now").textContent = `step ${message.step.toLocaleString("en")} of ${here.begin.cap.toLocaleString("en")}: ${state}`;
  document.body.dataset.step = message.step;
  document.body.dataset.ended = here.ended;
}

function say(message) {
  const lines = message.sentences.map((text) => fields.element("p", { textContent: text }));
  if (message.changed) lines.push(fields.element("p", { className: "note", textContent: "The learning rate was turned on the way: what is handed over asks for the present rate from step 0. Restart to see that." }));
  if (message.note) lines.push(fields.element("p", { className: "note", textContent: message.note }));
  by("words").replaceChildren(...lines);
}

// Drawing

function draw() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => { wanted = false; render(); });
}

function render() {
  if (!here.begin || !here.frames.length) return;
  const frame = here.frames[Number(by("past").value)] ?? here.frames.at(-1), count = here.begin.seeds.length;
  by("shown").textContent = `step ${frame.step.toLocaleString("en")}`;
  for (const mosaic of here.mosaics) mosaic.draw(frame, here.opened, here.kept, by("failed").checked);
  document.body.dataset.updates = Number(document.body.dataset.updates ?? 0) + 1;
  const now = performance.now();
  if (now - last < 150 && !here.ended) return;
  last = now;
  const size = frame.maps.length / frame.hit.length;
  here.shares.forEach(({ canvas, labels }, at) => single(canvas, share(frame.maps, at * count, count, size, labels), here.begin.data[at]));
  const most = Math.max(here.frames.at(-1).step, 10), log = by("log").checked;
  const marker = frame === here.frames.at(-1) ? undefined : frame.step;
  const axes = { most, log, marker };
  chart(by("loss"), here.rows.map((rows, at) => fan(rows, 1, here.looks[at])), { ...axes, label: "training loss" });
  const accuracy = here.rows.some((rows) => rows[0]?.length > 2);
  by("accuracy-figure").hidden = !accuracy;
  if (accuracy) chart(by("accuracy"), here.rows.map((rows, at) => fan(rows, 2, here.looks[at])), { ...axes, bounds: [0, 1], label: "training accuracy" });
  if (here.begin.aimed) {
    const lines = here.looks.map((look, at) => arrived(here.frames.at(-1).hit.subarray(at * count, (at + 1) * count), here.frames.at(-1).step, look));
    chart(by("arrival"), lines, { ...axes, bounds: [0, 1], label: "share that has arrived" });
  }
}

// One twin

async function open(setting, seed) {
  here.opened = { setting, seed };
  save();
  draw();
  try {
    const found = await ask("/api/twin", { id: here.id, setting, seed });
    if (!found.map) return;
    const mosaic = here.mosaics[setting], told = mosaic.told(mosaic.order.indexOf(here.begin.seeds.indexOf(seed)));
    twin.draw(found, `${here.begin.settings[setting] ? `${here.begin.settings[setting]}, ` : ""}${told}`, here.begin.data[setting],
      { most: Math.max(here.frames.at(-1).step, 10), log: by("log").checked, kept: here.kept.has(`${setting}:${seed}`) }, act);
  } catch (error) { fields.wrong(error.field ?? "", error.sentence ?? String(error)); }
}

function act(name, { setting, seed }) {
  const key = `${setting}:${seed}`;
  if (name === "close") close();
  if (name === "keep") { if (!here.kept.delete(key)) here.kept.add(key); open(setting, seed); }
  if (name === "alone") { set("seeds", `${seed}:${seed + 1}`); start(); }
}

function close() { here.opened = null; twin.hide(); save(); draw(); }

// Doing

function set(name, value) { fields.show(words, { ...fields.state(words), [name]: [value] }); }

function save() {
  fields.toAddress(words, fields.state(words), {
    pace: by("pace").value === "200" ? "" : by("pace").value || "max",
    twin: here.opened ? `${here.opened.setting}:${here.opened.seed}` : "", keep: [...here.kept].join(" "),
  });
}

async function changed(name) {
  save();
  const turned = name === "rate" && here.id && !here.ended && fields.state(words).rate.length === 1;
  if (!turned) return start();
  try {
    await ask("/api/do", { id: here.id, do: "rate", value: fields.state(words).rate[0] });
    fields.wrong("", "");
  } catch (error) {
    if (error.sentence?.includes("begin anew")) return start();
    fields.wrong("rate", error.sentence);
  }
}

function play(on) {
  here.playing = on;
  by("play").textContent = on ? "Pause" : "Play";
  if (here.id) ask("/api/do", { id: here.id, do: "play", value: on }).catch(() => start());
}

function reseed() {
  const [first, end] = here.begin ? [here.begin.seeds[0], here.begin.seeds.at(-1) + 1] : [0, 64];
  const count = here.begin ? here.begin.seeds.length : end;
  set("seeds", `${first + count}:${first + 2 * count}`);
  start();
}

function step() {
  play(false);
  ask("/api/do", { id: here.id, do: "step" }).catch((error) => fields.wrong("", error.sentence));
}

async function hand(what) {
  const name = (end) => `twins-step-${here.frames.at(-1)?.step ?? 0}.${end}`;
  if (what === "png") return picture().convertToBlob().then((blob) => download(name("png"), blob));
  if (what === "csv") return download(name("csv"), new Blob([table()], { type: "text/csv" }));
  try {
    if (what === "report") {
      by("handed").textContent = "running the question for the report";
      const { url, folder } = await ask("/api/report", { state: fields.state(words) });
      by("handed").replaceChildren(fields.element("a", { href: url, target: "_blank", textContent: "Open the report" }), ` (kept in ${folder})`);
      return;
    }
    const { name: file, text } = await ask("/api/hand_over", { state: fields.state(words), as: what });
    by("code").textContent = text;
    Object.assign(by("save"), { download: file, href: URL.createObjectURL(new Blob([text], { type: "text/x-python" })) });
    by("text").showModal();
  } catch (error) {
    by("handed").textContent = "";
    fields.wrong(error.field ?? "", error.sentence);
  }
}

function picture() {
  const all = here.mosaics.map((mosaic) => mosaic.canvas), gap = 24;
  const made = new OffscreenCanvas(all.reduce((sum, one) => sum + one.width + gap, gap), Math.max(...all.map((one) => one.height)) + 3 * gap);
  const context = made.getContext("2d");
  context.fillStyle = "#ffffff"; context.fillRect(0, 0, made.width, made.height);
  context.fillStyle = "#222222"; context.font = "14px sans-serif";
  let x = gap;
  all.forEach((canvas, at) => {
    context.fillText(`${here.looks[at].name}: ${here.mosaics[at].count.textContent}, ${by("shown").textContent}`, x, gap, canvas.width);
    context.drawImage(canvas, x, 1.5 * gap);
    x += canvas.width + gap;
  });
  return made;
}

function table() {
  const frame = here.frames[Number(by("past").value)] ?? here.frames.at(-1), rows = ["setting,seed,step,hit_step,diverged_step,stop_step,dead,train_loss"];
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`, number = (value) => (value < 0 || Number.isNaN(value) ? "" : value);
  here.begin.settings.forEach((setting, at) => here.begin.seeds.forEach((seed, place) => {
    const one = at * here.begin.seeds.length + place;
    rows.push([quoted(setting), seed, frame.step, number(frame.hit[one]), number(frame.diverged[one]), number(frame.stop[one]), frame.dead[one], number(frame.loss[one])].join(","));
  }));
  return `${rows.join("\n")}\n`;
}

function download(name, blob) {
  const link = fields.element("a", { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// Wiring

function restore() {
  const { values, query } = fields.fromAddress(words);
  fields.show(words, values);
  const pace = query.get("pace");
  if (pace) by("pace").value = pace === "max" ? "" : pace;
  const [setting, seed] = (query.get("twin") ?? "").split(":").map(Number);
  here.opened = Number.isInteger(seed) ? { setting, seed } : null;
  here.kept = new Set((query.get("keep") ?? "").split(" ").filter(Boolean));
}

function fit(name) { // data of another kind bring the loss that fits them
  if (name !== "data") return;
  const { data, loss } = fields.state(words), fits = words.losses[words.kinds[data[0]]];
  if (!fits.includes(loss[0])) set("loss", fits[0]);
  if (data.length === 1 && words.kinds[data[0]] === "real") set("target", "");
}

fields.build(words, (name) => { fit(name); changed(name); });
by("play").onclick = () => play(!here.playing);
by("step").onclick = step;
by("restart").onclick = () => start();
by("reseed").onclick = reseed;
by("pace").onchange = () => { save(); if (here.id) ask("/api/do", { id: here.id, do: "pace", value: by("pace").value ? Number(by("pace").value) : null }); };
by("failed").onchange = draw;
by("log").onchange = () => { last = 0; draw(); };
by("past").oninput = () => { last = 0; draw(); };
by("copy").onclick = () => navigator.clipboard.writeText(by("code").textContent);
by("mosaics").addEventListener("moved", draw);
by("mosaics").addEventListener("focusin", draw);
for (const button of document.querySelectorAll("[data-hand]")) button.onclick = () => hand(button.dataset.hand);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && here.opened) close();
  if (event.target.closest("input, select, textarea, button, dialog, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = { " ": () => play(!here.playing), ".": step, r: () => start(), n: reseed, f: () => { by("failed").checked = !by("failed").checked; draw(); } }[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
});
addEventListener("hashchange", () => { restore(); start(); });
addEventListener("resize", () => { last = 0; draw(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { last = 0; draw(); });
setInterval(() => { if (here.opened && here.id && !here.ended && here.playing) open(here.opened.setting, here.opened.seed); }, 700);
if (matchMedia("(max-width: 46rem)").matches) by("choose").open = false;
restore();
start();
