// The sequence picture: a lane for each goroutine, or thread of C and C++, time downwards, one row an event. A bar is a
// reference while somebody holds it; an arrow is one that went to another lane.
const created = new Set(["acquire", "dup", "lend", "move in", "move out"]);
const ended = new Set(["release", "destroy", "give back", "move out", "move in"]);
const laneOf = e => e.goroutine ? "goroutine " + e.goroutine : "thread " + e.thread;

function showLives() {
  at("lives").hidden = now.lives.length === 0;
  if (!now.lives.length) return;
  const root = options(at("life"), "the longest", now.lives.map(l => [l.root, l.root + " in " + l.pool]), choice.life);
  const longest = now.lives.reduce((a, b) => b.events.length > a.events.length ? b : a);
  const life = now.lives.find(l => l.root === root) || longest;
  at("lives-note").textContent = "Object " + life.root + " of " + life.pool + ": " + count(life.events.length, "event") + ", as far as the trace still has them.";
  at("lives-picture").replaceChildren(sequence(life));
}

function sequence(life) {
  const left = 96, wide = 230, top = 46, row = 50;
  const lanes = [...new Set(life.events.map(laneOf))];
  const x = e => left + 40 + lanes.indexOf(laneOf(e)) * wide;
  const y = i => top + 30 + i * row;
  const width = left + lanes.length * wide + 60, height = y(life.events.length - 1) + 40;
  const svg = make("svg", { viewBox: "0 0 " + width + " " + height, width, height, class: "natural", role: "img",
    "aria-label": "What happened to object " + life.root });
  lanes.forEach((lane, i) => {
    const at = left + 40 + i * wide;
    svg.append(make("text", { class: "who", x: at, y: 24 }, lane), make("line", { class: "lane", x1: at, x2: at, y1: 34, y2: height - 8 }));
  });
  const bars = [], arrows = [], points = [], held = new Map();
  const begin = (id, e, i) => {
    const used = new Set([...held.values()].filter(h => h.lane === laneOf(e)).map(h => h.slot));
    let slot = 0;
    while (used.has(slot)) ++slot;
    held.set(id, { lane: laneOf(e), x: x(e) - slot * 8, from: y(i), slot });
  };
  const end = (id, to) => {
    const h = held.get(id);
    if (!h) return;
    held.delete(id);
    bars.push(make("line", { class: "bar", x1: h.x, x2: h.x, y1: h.from, y2: to }));
  };
  const maker = new Map(); // of each reference: the event that made it
  life.events.forEach((e, i) => {
    const by = maker.get(e.id);
    if (by && laneOf(by.e) !== laneOf(e)) {
      const dx = x(e) - x(by.e), dy = y(i) - y(by.i), length = Math.hypot(dx, dy), cut = 9 / length;
      arrows.push(make("path", { class: "edge held", "marker-end": "url(#held)",
        d: "M" + (x(by.e) + dx * cut) + " " + (y(by.i) + dy * cut) + " L" + (x(e) - dx * cut) + " " + (y(i) - dy * cut) }));
    }
    if (!e.error) {
      if (ended.has(e.operation)) end(e.id, y(i));
      if (created.has(e.operation)) {
        const id = e.operation === "acquire" || e.peer === "0x0" ? e.id : e.peer;
        maker.set(id, { e, i });
        if (e.operation !== "move out") begin(id, e, i);
      }
    }
    const about = [e.place, e.goroutine ? "thread " + e.thread : ""].filter(Boolean).join(", ");
    points.push(make("text", { class: "when", x: left - 14, y: y(i) + 4 }, since(e.when_ns - life.events[0].when_ns)),
      make("circle", { class: e.error ? "dot wrong" : "dot", cx: x(e), cy: y(i), r: 7 }),
      make("text", { class: "what", x: x(e) + 14, y: y(i) + 4 }, e.operation + (e.error ? ": " + e.error : "")),
      make("text", { class: "where", x: x(e) + 14, y: y(i) + 20 }, about.length > 34 ? "…" + about.slice(-33) : about));
  });
  for (const id of [...held.keys()]) end(id, height - 8); // still held
  svg.append(...bars, ...arrows, ...points);
  return svg;
}

function since(ns) {
  if (ns < 1e3) return ns ? "+" + ns + " ns" : "0";
  if (ns < 1e6) return "+" + (ns / 1e3).toFixed(1) + " µs";
  if (ns < 1e9) return "+" + (ns / 1e6).toFixed(1) + " ms";
  return "+" + (ns / 1e9).toFixed(2) + " s";
}
