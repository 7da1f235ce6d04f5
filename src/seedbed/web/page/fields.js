// The fields: built from the words of the lab, read as a state, kept in the address of the page.

const form = document.getElementById("fields");

export function build(words, changed) {
  for (const field of words.fields) {
    const row = element("div", { className: "field" });
    row.dataset.field = field.name;
    row.append(element("label", { htmlFor: `${field.name}-0`, textContent: field.label, title: field.hint }));
    row.append(element("div", { className: "levels" }));
    if (field.hint) row.append(element("div", { className: "hint", id: `${field.name}-hint`, textContent: field.hint }));
    row.append(element("p", { className: "error", id: `${field.name}-error`, hidden: true, role: "alert" }));
    form.append(row);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => changed(event.target.closest(".field").dataset.field));
  form.addEventListener("click", (event) => {
    const field = event.target.closest("[data-field]")?.dataset.field;
    if (event.target.dataset.act === "add") {
      const values = levels(field);
      show(words, { ...state(words), [field]: [...values, another(words, field, values)] });
      changed(field);
    } else if (event.target.dataset.act === "remove") {
      event.target.closest(".level").remove();
      show(words, state(words));
      changed(field);
    }
  });
}

export function state(words) {
  return Object.fromEntries(words.fields.map((field) => [field.name, levels(field.name)]));
}

export function show(words, values) {
  for (const field of words.fields) {
    const box = row(field.name).querySelector(".levels");
    const given = values[field.name] ?? [field.usual];
    box.replaceChildren(...given.map((value, at) => level(field, value, at, given.length)));
    if (field.several && given.length < words.most_levels) {
      box.append(button("add", "+", `compare another level of ${field.label}`));
    }
  }
}

function level(field, value, at, count) {
  const span = element("span", { className: "level" });
  const input = field.words.length
    ? element("select", {}, ...field.words.map((word) => new Option(word.replaceAll("_", " "), word, false, word === value)))
    : element("input", { type: "text", value, inputMode: field.name === "layers" ? "text" : "decimal" });
  input.id = `${field.name}-${at}`;
  input.setAttribute("aria-label", count > 1 ? `${field.label}, level ${at + 1}` : field.label);
  input.setAttribute("aria-describedby", `${field.name}-hint ${field.name}-error`);
  span.append(input);
  if (count > 1) span.append(button("remove", "\u2212", `take ${value} out`));
  return span;
}

function another(words, name, values) {
  const field = words.fields.find((one) => one.name === name);
  if (field.words.length) return field.words.find((word) => !values.includes(word)) ?? field.words[0];
  const last = Number(values.at(-1).replace(",", "."));
  return String(last && name !== "layers" ? Number((last * (name === "dropout" ? 0.5 : 10)).toPrecision(3)) : name === "layers" ? "8" : 0.1);
}

export function wrong(field, sentence) {
  for (const one of form.querySelectorAll(".field")) {
    const mine = one.dataset.field === field;
    const place = one.querySelector(".error");
    place.hidden = !mine;
    place.textContent = mine ? sentence : "";
    for (const input of one.querySelectorAll("input, select")) input.setAttribute("aria-invalid", String(mine));
  }
  const known = field && form.querySelector(`[data-field="${field}"]`);
  const everywhere = document.getElementById("error");
  everywhere.hidden = !sentence || Boolean(known);
  everywhere.textContent = everywhere.hidden ? "" : sentence;
  if (known && sentence) document.getElementById("choose").open = true;
}

export function toAddress(words, values, more) {
  const query = new URLSearchParams();
  for (const field of words.fields) {
    const given = values[field.name];
    if (given.length > 1 || given[0] !== field.usual) for (const value of given) query.append(field.name, value);
  }
  for (const [name, value] of Object.entries(more)) if (value) query.append(name, value);
  history.replaceState(null, "", `${location.pathname}#${query}`);
}

export function fromAddress(words) {
  const query = new URLSearchParams(location.hash.slice(1));
  const known = new Set(words.fields.map((field) => field.name));
  const values = {};
  for (const name of query.keys()) if (known.has(name)) values[name] = query.getAll(name);
  return { values, query };
}

const row = (name) => form.querySelector(`[data-field="${name}"]`);
const levels = (name) => [...row(name).querySelectorAll("input, select")].map((input) => input.value);

function button(act, text, label) {
  const made = element("button", { type: "button", textContent: text, title: label });
  made.dataset.act = act;
  made.setAttribute("aria-label", label);
  return made;
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (properties.role) made.setAttribute("role", properties.role);
  made.append(...children);
  return made;
}
