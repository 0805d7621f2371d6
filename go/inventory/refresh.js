// What the reader chose goes into the address and comes from there: #sort=sites:-bytes&open=KEY&find=WORDS. A dash sorts down, a
// bare name is a column of the sites.
function remember() {
  const p = new URLSearchParams();
  const sort = Object.entries(choice.sort).map(([name, o]) => name + ":" + (o.down ? "-" : "") + o.key);
  if (sort.length) p.set("sort", sort.join(","));
  for (const key of choice.open) p.append("open", key);
  for (const key of ["find", "pool", "type", "life"]) if (choice[key]) p.set(key, choice[key]);
  const text = p.toString();
  if (text !== location.hash.slice(1)) history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
}

function recall() {
  const p = new URLSearchParams(location.hash.slice(1));
  choice.sort = {};
  for (const one of (p.get("sort") || "").split(",").filter(Boolean)) {
    const [name, column] = one.includes(":") ? one.split(":") : ["sites", one];
    choice.sort[name] = { key: column.replace(/^-/, ""), down: column.startsWith("-") };
  }
  choice.open = new Set(p.getAll("open"));
  for (const key of ["find", "pool", "type", "life"]) choice[key] = p.get(key) || "";
  at("find").value = choice.find;
}

at("find").addEventListener("input", () => { choice.find = at("find").value; show(); });
for (const id of ["pool", "type", "life"]) at(id).addEventListener("change", () => { choice[id] = at(id).value; show(); });
addEventListener("hashchange", () => { recall(); show(); });

// A page that a server sent fetches the next snapshot from its own address; one that is a file stays as it is.
let paused = false;
async function refresh() {
  try {
    const answer = await fetch(location.pathname + "?format=json", { cache: "no-store" });
    if (!answer.ok) throw new Error("status " + answer.status);
    const next = await answer.json();
    // Who is marking text would lose it.
    if (paused || !getSelection().isCollapsed) return;
    now = next;
    at("status").textContent = "Refreshed " + clock(now.taken);
    show();
  } catch {
    at("status").textContent = "No answer since " + clock(now.taken);
  }
}
async function keepRefreshing() {
  for (;;) {
    await new Promise(done => setTimeout(done, every));
    if (!paused && !document.hidden) await refresh();
  }
}
at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  at("pause").textContent = paused ? "Resume" : "Pause";
  at("status").textContent = (paused ? "Paused at " : "Refreshed ") + clock(now.taken);
  if (!paused) refresh();
});
at("rebase").addEventListener("click", () => { base = now; show(); });

recall();
at("main").hidden = false;
if (every > 0) {
  at("controls").hidden = false;
  at("status").textContent = "Refreshed " + clock(now.taken);
  keepRefreshing();
}
show();
