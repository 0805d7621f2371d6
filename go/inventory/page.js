"use strict";
// The page shows `now`, a snapshot in JSON. Everything from it is text: nothing is ever parsed as markup. What the reader
// chose (order, open rows, filter) is in `choice` and in the address, so that a reload and a refresh keep it.
const at = id => document.getElementById(id);
let now = JSON.parse(at("data").textContent);
let base = null; // what the reader compares with, when it is not the snapshot's own growth
const every = Number(document.documentElement.dataset.every);
const most = 200; // rows until somebody asks for all
const choice = { sort: {}, open: new Set(), all: new Set(), find: "", pool: "", type: "", life: "" };

function make(name, attributes, ...children) {
  const svg = /^(svg|g|line|path|circle|text)$/.test(name);
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (k === "on") for (const [event, f] of Object.entries(v)) e.addEventListener(event, f);
    else if (v === true) e.setAttribute(k, "");
    else if (v !== false && v !== null && v !== undefined) e.setAttribute(k, v);
  }
  e.append(...children.filter(c => c !== null && c !== undefined));
  return e;
}

const grouped = n => n.toLocaleString("en-US");
function bytes(n) {
  const sign = n < 0 ? "−" : "";
  let x = Math.abs(n);
  if (x < 1024) return sign + x + " B";
  let unit = -1;
  while (x >= 1023.5 && unit < 5) { x /= 1024; ++unit; }
  return sign + x.toFixed(x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2) + " " + "KMGTPE"[unit] + "iB";
}
function age(ns) {
  const s = ns / 1e9, f = Math.floor;
  if (s < 1) return f(Math.max(s, 0) * 1000) + " ms";
  if (s < 60) return f(s) + " s";
  if (s < 3600) return f(s / 60) + " min " + f(s % 60) + " s";
  if (s < 86400) return f(s / 3600) + " h " + f(s % 3600 / 60) + " min";
  return f(s / 86400) + " d " + f(s % 86400 / 3600) + " h";
}
const signed = (n, text) => n > 0 ? "+" + text(n) : n < 0 ? (text === grouped ? "−" + grouped(-n) : text(n)) : "0";
const clock = time => new Date(time).toLocaleTimeString("en-GB");
const count = (n, one, many) => grouped(n) + " " + (n === 1 ? one : many || one + "s");
const nameOf = f => f.function || (f.module ? f.module.split("/").pop() + "+0x" + f.offset.toString(16) : "0x" + f.offset.toString(16));
const placeOf = f => f.file ? f.file + ":" + f.line : "";
function innermost(stack) {
  return stack.find(f => f.function) || stack[0] || { function: "[stack unknown]", module: "", file: "" };
}
const shortPlace = f => placeOf(f).split("/").slice(-2).join("/");
// whence is where a site is and who called it: many sites are a function that allocates for others.
function whence(stack) {
  const f = innermost(stack), caller = stack[stack.indexOf(f) + 1];
  return [shortPlace(f), caller ? "from " + nameOf(caller) + (caller.line ? ":" + caller.line : "") : ""].filter(Boolean).join(", ");
}

function holders(h) {
  const parts = [["Go", h.go], ["a cleanup", h.unreachable], ["a map", h.map], ["a cell", h.cell], ["C, C++ or raw handles", h.other],
    ["loans or duplicates", h.lent]].filter(p => p[1] > 0).sort((a, b) => b[1] - a[1]);
  return parts.length === 1 ? parts[0][0] : parts.map(p => p[0] + " " + grouped(p[1])).join(", ");
}
const heldBy = { go: "a guard or ticket of Go", unreachable: "nothing: a cleanup is about to end it", map: "a map", cell: "a cell",
  other: "C, C++ or a raw handle", lent: "loans or duplicates" };

// growth is what changed, by key: of the snapshot, or since the base that the reader chose.
function growth() {
  if (!base) return now.growth || null;
  const before = new Map(base.sites.map(s => [s.key, s]));
  const changes = [];
  const changed = (s, objects, bytes, isNew, gone) => {
    if (objects || bytes) changes.push({ key: s.key, place: [nameOf(innermost(s.stack)), placeOf(innermost(s.stack))].join(" ").trim(),
      objects, bytes, new: isNew, gone });
  };
  for (const s of now.sites) {
    const b = before.get(s.key);
    changed(s, s.live - (b ? b.live : 0), s.bytes - (b ? b.bytes : 0), !b, false);
    before.delete(s.key);
  }
  for (const b of before.values()) changed(b, -b.live, -b.bytes, false, true);
  return { since: base.taken, over_ns: (new Date(now.taken) - new Date(base.taken)) * 1e6, sites: changes };
}

// table shows rows under columns that sort. A column: title, key, value (what it sorts by), text or cell, number, less (left
// out on a narrow screen). Rows that have a detail fold.
function table(name, columns, rows, { initial, keyOf, detail, caption }) {
  const order = choice.sort[name] || initial;
  const column = columns.find(c => c.key === order.key) || columns[0];
  const sorted = rows.map((row, i) => [column.value(row), i, row]);
  sorted.sort((a, b) => ((a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (order.down ? -1 : 1)) || a[1] - b[1]);
  const shown = choice.all.has(name) ? sorted : sorted.slice(0, most);
  const head = make("tr", {}, ...columns.map(c => make("th", {
    scope: "col", class: [c.number ? "n" : "", c.less ? "less" : ""].join(" ").trim() || null,
    "aria-sort": c === column ? (order.down ? "descending" : "ascending") : "none",
  }, make("button", { type: "button", "data-focus": "sort " + name + " " + c.key, on: { click: () => {
    choice.sort[name] = { key: c.key, down: c === column ? !order.down : Boolean(c.number) };
    show();
  } } }, c.title))));
  const body = make("tbody", {});
  for (const [, , row] of shown) {
    const key = keyOf(row), open = detail && choice.open.has(key);
    body.append(make("tr", { "data-key": key, class: open ? "open" : null }, ...columns.map((c, i) => {
      const cell = make("td", { class: [c.number ? "n" : "", c.less ? "less" : "", c.site ? "site" : ""].join(" ").trim() || null });
      let content = c.cell ? c.cell(row) : [c.text ? c.text(row) : String(c.value(row))];
      if (i === 0 && detail) content = [make("button", { type: "button", class: "fold", "aria-expanded": String(Boolean(open)),
        "data-focus": "fold " + key, on: { click: () => {
          if (!choice.open.delete(key)) choice.open.add(key);
          show();
        } } }, make("span", {}, ...content))];
      cell.append(...content);
      return cell;
    })));
    if (open) body.append(make("tr", { class: "detail" }, make("td", { colspan: columns.length }, ...detail(row))));
  }
  const out = [make("table", { "aria-label": caption }, make("thead", {}, head), body)];
  if (shown.length < sorted.length) out.push(make("p", { class: "more" }, "The first " + shown.length + " of " + grouped(sorted.length) + ". ",
    make("button", { type: "button", "data-focus": "all " + name, on: { click: () => { choice.all.add(name); show(); } } }, "Show all")));
  at(name + "-table").replaceChildren(...out);
}

const site = stack => [make("span", { class: "fn" }, nameOf(innermost(stack))), make("span", { class: "at" }, whence(stack))];
function frames(stack) {
  if (!stack.length) return make("p", { class: "note" }, "No stack is known.");
  return make("ol", {}, ...stack.map(f => make("li", {}, make("span", { class: "fn" }, nameOf(f)),
    f.native ? make("span", { class: "tag" }, "C, C++") : null, make("span", { class: "at" }, placeOf(f) || f.module))));
}
function change(n, text) {
  return [make("span", { class: n > 0 ? "up" : n < 0 ? "down" : "" }, n ? signed(n, text) : "")];
}

function showSites() {
  const g = growth(), changes = new Map((g ? g.sites : []).map(c => [c.key, c]));
  const suspects = new Set(now.suspects.map(s => s.key));
  const words = choice.find.toLowerCase().split(/\s+/).filter(Boolean);
  const found = now.sites.filter(s => {
    const text = [s.stack.map(f => nameOf(f) + " " + placeOf(f)).join(" "), s.pools.join(" "), s.labels.join(" ")].join(" ").toLowerCase();
    return words.every(w => text.includes(w));
  });
  const columns = [
    { title: "Site", key: "site", site: true, value: s => nameOf(innermost(s.stack)), cell: s => {
      const f = innermost(s.stack);
      return [make("span", { class: "fn" }, nameOf(f)), f.native ? make("span", { class: "tag" }, "C, C++") : null,
        suspects.has(s.key) ? make("span", { class: "tag alarm" }, "suspect") : null,
        now.findings.some(x => x.sites.includes(s.key)) ? make("span", { class: "tag alarm" }, "sanitizer") : null,
        make("span", { class: "at" }, whence(s.stack))].filter(Boolean);
    } },
    { title: "Pool", key: "pool", less: true, value: s => s.pools.join(", ") },
    { title: "Held by", key: "held", less: true, value: s => holders(s.holders) },
    { title: "Oldest", key: "oldest", number: true, value: s => s.oldest_ns, text: s => age(s.oldest_ns) },
    { title: "Objects", key: "objects", number: true, value: s => s.live, text: s => grouped(s.live) },
    { title: "Bytes", key: "bytes", number: true, value: s => s.bytes, text: s => bytes(s.bytes) },
  ];
  if (g) columns.push({ title: "Change", key: "change", number: true, value: s => (changes.get(s.key) || { bytes: 0 }).bytes,
    cell: s => change((changes.get(s.key) || { bytes: 0 }).bytes, bytes) });
  at("sites-note").textContent = now.sites.length === 0
    ? "No acquisition is noted. Pool.SetLedger switches a pool's ledger on; 1 notes all, 1000 one in a thousand."
    : count(found.length, "site") + (g ? "; change since " + clock(g.since) : "") + ". A row folds out.";
  table("sites", columns, found, { initial: { key: "bytes", down: true }, keyOf: s => s.key, detail: siteDetail,
    caption: "Sites that acquired what is live" });
}

function siteDetail(s) {
  const out = [make("h3", {}, "Acquired by"), frames(s.stack)];
  if (s.labels.length) out.push(make("p", {}, "Labels: " + s.labels.join(", ")));
  for (const f of now.findings) if (f.sites.includes(s.key)) out.push(make("p", { class: "finding" }, f.tool + ": " + f.what));
  if (s.objects.length) {
    out.push(make("h3", {}, s.objects.length < s.noted ? "The oldest " + s.objects.length + " of " + count(s.noted, "noted reference") : count(s.noted, "noted reference")));
    const titles = ["Reference", "Kind", "Size", "Age", "Held by", "Pool", "Label"];
    const lives = new Set(now.lives.map(l => l.root));
    out.push(make("table", {}, make("thead", {}, make("tr", {}, ...titles.map(t => make("th", { scope: "col" }, t)))),
      make("tbody", {}, ...s.objects.map(o => make("tr", {}, ...[
        lives.has(o.root) ? make("button", { type: "button", class: "fn", "data-focus": "life " + o.id,
          on: { click: () => { choice.life = o.root; show(); at("lives").scrollIntoView(); } } }, o.id) : make("span", { class: "fn" }, o.id),
        o.kind + (o.type ? ", type " + o.type : ""), o.size ? bytes(o.size) : "", age(o.age_ns),
        heldBy[o.holder] + (o.holder === "go" ? ", " + count(o.collections, "collection") : ""), o.pool, o.label,
      ].map(c => make("td", {}, c)))))));
  }
  return out;
}

function showPools() {
  const number = (title, key, less, text) => ({ title, key, number: true, less, value: p => p[key], text: p => (text || grouped)(p[key]) });
  table("pools", [
    { title: "Pool", key: "name", value: p => p.name || p.id, cell: p => [p.name || p.id, p.type ? make("span", { class: "tag" }, "type " + p.type) : null].filter(Boolean) },
    { title: "Noted", key: "rate", less: true, value: p => p.rate, text: p => p.rate === 0 ? "none" : p.rate === 1 ? "all" : "1 in " + grouped(p.rate) },
    number("Duplicates", "duplicates", true), number("Loans", "borrows", true), number("Tickets", "tickets", true),
    number("Held by Go", "held", true), number("Forgotten", "leaked", true), number("Committed", "committed", true, bytes),
    number("Objects", "live", false), number("Bytes", "bytes", false, bytes),
  ], now.pools, { initial: { key: "bytes", down: true }, keyOf: p => p.id, caption: "Pools" });
}

function options(select, all, values, chosen) {
  const old = [...select.options].map(o => o.value + "\n" + o.textContent).join("\n");
  const wanted = [["", all], ...values];
  if (old !== wanted.map(w => w.join("\n")).join("\n"))
    select.replaceChildren(...wanted.map(([value, text]) => make("option", { value }, text)));
  select.value = wanted.some(w => w[0] === chosen) ? chosen : "";
  return select.value;
}

function showStates() {
  const pool = options(at("pool"), "all pools", now.pools.map(p => [p.id, p.name || p.id]), choice.pool);
  const types = [...new Set(now.pools.flatMap(p => p.states.map(s => s.type)))].sort((a, b) => a - b);
  const type = options(at("type"), "all types", types.map(t => [String(t), t === 0 ? "none" : String(t)]), choice.type);
  const sums = new Map();
  let objects = 0, total = 0;
  for (const p of now.pools) {
    if (pool && p.id !== pool) continue;
    for (const s of p.states) {
      if (type && String(s.type) !== type) continue;
      const sum = sums.get(s.state) || [0, 0];
      sums.set(s.state, [sum[0] + s.objects, sum[1] + s.bytes]);
      objects += s.objects;
      total += s.bytes;
    }
  }
  for (const g of document.querySelectorAll("[data-state]")) {
    if (g.dataset.state === "FREE") continue;
    const [n, size] = sums.get(g.dataset.state) || [0, 0];
    g.querySelector(".count").textContent = grouped(n);
    g.classList.toggle("none", n === 0);
    g.setAttribute("aria-label", g.dataset.state + ": " + count(n, "object") + ", " + bytes(size));
  }
  const by = [...sums].sort((a, b) => b[1][1] - a[1][1]).map(([state, s]) => grouped(s[0]) + " " + state);
  at("states-note").textContent = count(objects, "object") + ", " + bytes(total) + (by.length ? ": " + by.join(", ") : "");
}

function showGrowth() {
  const g = growth();
  at("growth").hidden = !g;
  if (!g) return;
  at("growth-note").textContent = (g.sites.length ? count(g.sites.length, "site") + " changed" : "Nothing changed") + " in " + age(g.over_ns) + ", since " + clock(g.since) + ".";
  if (!g.sites.length) { at("growth-table").replaceChildren(); return; }
  table("growth", [
    { title: "Site", key: "site", site: true, value: c => c.place, cell: c => [make("span", { class: "fn" }, c.place),
      c.new ? make("span", { class: "tag" }, "new") : c.gone ? make("span", { class: "tag" }, "gone") : null].filter(Boolean) },
    { title: "Objects", key: "objects", number: true, value: c => c.objects, cell: c => change(c.objects, grouped) },
    { title: "Bytes", key: "bytes", number: true, value: c => c.bytes, cell: c => change(c.bytes, bytes) },
  ], g.sites, { initial: { key: "bytes", down: true }, keyOf: c => c.key, caption: "What changed, by site" });
}

function showSuspects() {
  at("suspects").hidden = now.suspects.length === 0;
  if (!now.suspects.length) return;
  table("suspects", [
    { title: "Site", key: "site", site: true, value: s => s.place, cell: s => [make("span", { class: "fn" }, s.place)] },
    { title: "Because", key: "rule", less: true, value: s => s.rule, text: s => s.rule === "floor" ? "its floor keeps rising" : "it grew three times in a row" },
    { title: "Since", key: "since", less: true, value: s => s.since, text: s => clock(s.since) },
    { title: "Oldest", key: "oldest", number: true, value: s => s.oldest_ns, text: s => age(s.oldest_ns) },
    { title: "Objects", key: "objects", number: true, value: s => s.objects, text: s => signed(s.objects, grouped) },
    { title: "Bytes", key: "bytes", number: true, value: s => s.bytes, text: s => signed(s.bytes, bytes) },
  ], now.suspects, { initial: { key: "bytes", down: true }, keyOf: s => s.key, caption: "Suspects" });
}

function showMisuse() {
  at("misuse").hidden = now.misuse.length === 0;
  if (!now.misuse.length) return;
  table("misuse", [
    { title: "Place", key: "place", site: true, value: m => m.stack.length ? nameOf(innermost(m.stack)) : "", cell: m => m.stack.length ? site(m.stack) : ["the whole pool"] },
    { title: "Pool", key: "pool", less: true, value: m => m.pool },
    { title: "Operation", key: "operation", less: true, value: m => m.operation },
    { title: "Error", key: "error", value: m => m.error },
    { title: "Last", key: "last", number: true, less: true, value: m => m.last_ns, text: m => m.stack.length ? age(m.last_ns) : "" },
    { title: "Calls", key: "calls", number: true, value: m => m.count, text: m => grouped(m.count) },
  ], now.misuse, { initial: { key: "calls", down: true }, keyOf: m => ["misuse", m.pool, m.operation, m.error, JSON.stringify(m.stack)].join("\n"),
    detail: m => [frames(m.stack)], caption: "Calls that were refused" });
}

function showFindings() {
  at("findings").hidden = now.findings.length === 0;
  if (!now.findings.length) return;
  const places = new Map(now.sites.map(s => [s.key, nameOf(innermost(s.stack))]));
  table("findings", [
    { title: "Finding", key: "what", site: true, value: f => f.what, cell: f => [f.what, make("span", { class: "at" }, f.tool)] },
    { title: "Site", key: "site", value: f => f.sites.length ? 0 : 1, text: f => f.sites.map(k => places.get(k)).join(", ") || "no site of the snapshot" },
    { title: "Objects", key: "objects", number: true, less: true, value: f => f.objects, text: f => f.leak ? grouped(f.objects) : "" },
    { title: "Bytes", key: "bytes", number: true, value: f => f.bytes, text: f => f.leak ? bytes(f.bytes) : "" },
  ], now.findings, { initial: { key: "site", down: false }, keyOf: f => ["finding", f.tool, f.what, JSON.stringify(f.stack)].join("\n"),
    detail: f => [frames(f.stack)], caption: "What sanitizers said" });
}

function showFigures() {
  let objects = 0, total = 0, refused = 0;
  for (const p of now.pools) { objects += p.live; total += p.bytes; }
  for (const m of now.misuse) refused += m.count;
  const figure = (title, text, alarm) => make("div", { class: alarm ? "alarm" : null }, make("dt", {}, title), make("dd", {}, text));
  at("figures").replaceChildren(figure("live", bytes(total)), figure(objects === 1 ? "object" : "objects", grouped(objects)),
    figure(now.pools.length === 1 ? "pool" : "pools", grouped(now.pools.length)),
    figure(now.suspects.length === 1 ? "suspect" : "suspects", grouped(now.suspects.length), now.suspects.length > 0),
    figure("dropped without Close", grouped(now.leaked), now.leaked > 0), figure("refused calls", grouped(refused)));
  at("about").textContent = now.program + ", pid " + now.pid + ", " + new Date(now.taken).toLocaleString("en-GB") +
    (now.lost ? "; " + count(now.lost, "note") + " found no place for a stack" : "");
}

function show() {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.focus : null;
  showFigures(); showSuspects(); showSites(); showStates(); showPools(); showGrowth(); showMisuse(); showLives(); showFindings();
  if (focused) {
    const again = [...document.querySelectorAll("[data-focus]")].find(e => e.dataset.focus === focused);
    if (again) again.focus({ preventScroll: true });
  }
  remember();
}
