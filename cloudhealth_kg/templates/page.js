// What holds the page together: counts, filters, search, address, keyboard, theme.

function showStatus() {
  const drawn = seen.wanted.filter((number) => seen.drawn.has(number)).length;
  const rest = seen.wanted.length - drawn;
  const unlinked = seen.listed.length - seen.listed.filter((number) => seen.linked.has(number)).length;
  const status = byId("status");
  if (seen.around) {
    const near = seen.drawn.size - 1;
    const draw = (name, near) => make("button", { on: { click: () => { state.near = near; refresh(); frameFocus(); } } }, name);
    status.replaceChildren(make("b", {}, concepts[state.focus].label), near < seen.many ? ` and the ${near} strongest of ${seen.many} concepts linked with it` : ` and ${count(near, "concept")} linked with it`);
    if (near < seen.many) status.append(...(seen.many - near > room().first ? [draw(`Draw ${room().first} more`, near + room().first)] : []), draw("Draw all", Infinity));
    const guided = seen.readings.filter((read) => read.how === "guidance" && (read.statement.from === state.focus || read.statement.to === state.focus)).length;
    if (guided && !state.guidance) status.append(make("button", { on: { click: () => { byId("show-guidance").checked = true; readFilters(); frameFocus(); } } }, `Draw ${guided} by guidance`));
    status.append(make("button", { on: { click: () => go(null) } }, "Back to the whole map"));
  } else status.replaceChildren(make("b", {}, `${drawn} of ${count(seen.wanted.length, "concept")}`), ` drawn${rest ? ", the most important first" : ""} · ${count(seen.edges.length, "statement")}`,
    unlinked && !state.unlinked ? ` · ${unlinked} unlinked in the list only` : "");
  if (rest > 0 && !seen.around) {
    const more = Math.min(rest, data.drawn);
    status.append(make("button", { on: { click: () => { state.limit = seen.drawn.size + data.drawn; refresh(); fit(true); } } }, `Draw ${more} more`),
      make("button", { on: { click: () => { state.limit = Infinity; refresh(); fit(true); } } }, "Draw all"));
  }
  if (narrowed() && !seen.around) status.append(make("button", { on: { click: clear } }, "Clear the filters"));
  for (const output of document.querySelectorAll("[data-kind]")) output.textContent = concepts.filter((concept) => concept.kind === output.dataset.kind && concept.articles.length).length;
  const tally = (test) => seen.readings.filter(test).length;
  for (const output of document.querySelectorAll("[data-relation]")) output.textContent = tally((read) => read.statement.relation === output.dataset.relation && ["asserted", "hedged"].includes(read.how));
  for (const output of document.querySelectorAll("[data-how]")) output.textContent = output.dataset.how === "unlinked" ? unlinked : tally((read) => read.how === output.dataset.how);
  byId("clear").hidden = !narrowed();
  byId("open-filters").classList.toggle("on", narrowed());
}
function narrowed() {
  return state.kinds.size < KINDS.length || state.relations.size < RELATIONS.length || !state.hedged || state.article !== null || state.from !== null || state.to !== null
    || state.community !== null || state.confidence > 0;
}
function refresh(lists = true) {
  see();
  draw();
  showStatus();
  if (lists) showLists();
  showPanel();
}
function shutFilters() { byId("filters").classList.remove("open"); byId("open-filters").focus(); }
function clear() {
  for (const box of document.querySelectorAll("[name=kind], [name=relation], #show-hedged")) box.checked = true;
  for (const id of ["article", "from", "to", "community"]) byId(id).value = "";
  byId("confidence").value = 0;
  readFilters();
}
let sliding = 0;
function readFilters() {
  clearTimeout(sliding);
  const checked = (name) => new Set([...document.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value));
  const chosen = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
  Object.assign(state, { kinds: checked("kind"), relations: checked("relation"), hedged: byId("show-hedged").checked, denied: byId("show-denied").checked,
    guidance: byId("show-guidance").checked, unlinked: byId("show-unlinked").checked, article: chosen("article"), from: chosen("from"), to: chosen("to"),
    community: chosen("community"), confidence: Number(byId("confidence").value) });
  byId("confidence-said").textContent = state.confidence.toFixed(2);
  const ring = () => seen.around && [...seen.around.keys()].join(" ");
  const { apart } = seen, before = ring();
  refresh();
  if (seen.around ? ring() !== before : apart !== seen.apart) fit(false);
}

const { title } = document;
let cameFrom = null;  // the row of a list that a concept was chosen from

// The address tells view and concept: #concept=vendor-lock-in&view=gaps
function go(number, view = state.view) {
  const parts = [];
  if (number !== null) parts.push(`concept=${encodeURIComponent(concepts[number].id)}`);
  if (view !== "map") parts.push(`view=${view}`);
  if (number !== null && !byId("panel").contains(document.activeElement)) cameFrom = document.activeElement.closest(".list button");
  const hash = parts.length ? `#${parts.join("&")}` : "#";
  if (location.hash === hash || (hash === "#" && location.hash === "")) arrive();
  else location.hash = hash;
}
function arrive() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const before = state.focus, shown = state.view;
  const name = wanted.get("concept") || "";
  const number = numberOf.has(name) ? numberOf.get(name) : concepts.findIndex((concept) => concept.iri === name);
  state.focus = number !== undefined && number >= 0 ? number : null;
  state.view = ["concepts", "gaps", "articles"].includes(wanted.get("view")) ? wanted.get("view") : "map";
  hovered = null;
  for (const view of ["map", "concepts", "gaps", "articles"]) byId(view).hidden = view !== state.view;
  for (const tab of document.querySelectorAll(".tabs button")) {
    if (tab.dataset.view === state.view) tab.setAttribute("aria-current", "page"); else tab.removeAttribute("aria-current");
  }
  document.title = [state.focus === null ? "" : concepts[state.focus].label, title].filter(Boolean).join(" · ");
  if (before === null && state.focus !== null && seen) camera = { position: network.getViewPosition(), scale: network.getScale() };
  if (state.focus !== before) state.near = room().first;
  const listed = seen && shown === state.view;  // a list stays as it is, and keeps its place
  refresh(!listed);
  if (state.focus !== null && state.focus !== before) byId("panel").focus({ preventScroll: true });
  else if (state.focus === null && before !== null) (cameFrom && cameFrom.offsetParent ? cameFrom : byId("main")).focus({ preventScroll: true });
  if (state.view !== "map" || (state.focus === before && framed)) return;
  if (state.focus !== null) frameFocus();
  else if (camera) { resize(); network.moveTo(camera); draw(); }
  else { fit(false); draw(); }
}

const search = byId("search"), found = byId("found");
let hits = [], at = 0;
function look() {
  const words = fold(search.value).split(/\s+/).filter(Boolean);
  hits = words.length ? concepts.map((concept, number) => {
    const names = [concept.label, ...concept.alt].map(fold);
    if (!words.every((word) => names.some((name) => name.includes(word)))) return null;
    const whole = names.indexOf(words.join(" ")), label = names[0];
    const rank = whole === 0 ? 0 : whole > 0 ? 1 : label.startsWith(words[0]) ? 2 : label.includes(words[0]) ? 3 : 4;
    return { number, score: rank * 1e6 + number };
  }).filter(Boolean).sort((a, b) => a.score - b.score).slice(0, 12).map((hit) => hit.number) : [];
  at = 0;
  found.hidden = !words.length;
  search.setAttribute("aria-expanded", String(!found.hidden));
  found.replaceChildren(...(hits.length ? hits.map((number, place) => make("li", { id: `hit-${place}`, role: "option", on: { mousedown: (event) => { event.preventDefault(); choose(number); } } },
    glyph(concepts[number].kind), make("span", {}, concepts[number].label), make("small", {}, concepts[number].articles.length ? count(concepts[number].articles.length, "article") : "guidance only")))
    : [make("li", { class: "none" }, "No concept has this name.")]));
  point();
}
function point() {
  [...found.children].forEach((item, place) => item.setAttribute("aria-selected", String(hits.length > 0 && place === at)));
  if (hits.length) { search.setAttribute("aria-activedescendant", `hit-${at}`); found.children[at].scrollIntoView({ block: "nearest" }); } else search.removeAttribute("aria-activedescendant");
}
function shut() { found.hidden = true; search.setAttribute("aria-expanded", "false"); }
function choose(number) { search.value = ""; shut(); search.blur(); go(number); }
search.addEventListener("input", look);
search.addEventListener("focus", () => { if (search.value) look(); });
search.addEventListener("blur", shut);
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (hits.length) at = (at + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length;
    point();
  } else if (event.key === "Enter" && hits.length) choose(hits[at]);
  else if (event.key === "Escape") { search.value = ""; shut(); event.stopPropagation(); }
});
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
  if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
  if (event.key === "Escape" && byId("filters").classList.contains("open")) shutFilters();
  else if (event.key === "Escape" && state.focus !== null) go(null);
});
for (const tab of document.querySelectorAll(".tabs button")) tab.addEventListener("click", () => go(narrow.matches || tab.dataset.view === "map" ? (tab.dataset.view === "map" ? state.focus : null) : state.focus, tab.dataset.view));
byId("filters").addEventListener("change", readFilters);
byId("confidence").addEventListener("input", () => {
  byId("confidence-said").textContent = Number(byId("confidence").value).toFixed(2);
  clearTimeout(sliding);
  sliding = setTimeout(readFilters, 150);
});
byId("clear").addEventListener("click", clear);
byId("open-filters").addEventListener("click", () => { byId("filters").classList.add("open"); byId("filters").querySelector("input").focus(); });
document.querySelector("[data-close]").addEventListener("click", shutFilters);
byId("main").addEventListener("pointerdown", () => byId("filters").classList.remove("open"));
byId("zoom-in").addEventListener("click", () => network.moveTo({ scale: network.getScale() * 1.4, animation: pace(200) }));
byId("zoom-out").addEventListener("click", () => network.moveTo({ scale: network.getScale() / 1.4, animation: pace(200) }));
byId("fit").addEventListener("click", () => fit(true));
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
const dark = matchMedia("(prefers-color-scheme: dark)");
function theme(name) { document.documentElement.dataset.theme = name; readPalette(); if (seen) draw(); }
dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
byId("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
narrow.addEventListener("change", () => { refresh(); fit(false); });
addEventListener("hashchange", arrive);
let screen = null;  // the theme to go back to after printing, which is dark on light
addEventListener("beforeprint", () => { screen = document.documentElement.dataset.theme; theme("light"); });
addEventListener("afterprint", () => theme(screen));

articles.map((article, number) => [article, number]).sort((a, b) => a[0].title.localeCompare(b[0].title, "en")).forEach(([article, number]) => byId("article").append(make("option", { value: number }, article.title)));
for (const year of [...new Set(years)].filter(Boolean).sort()) for (const id of ["from", "to"]) byId(id).append(make("option", { value: year }, String(year)));
communities.forEach((label, number) => byId("community").append(make("option", { value: number }, `${number + 1} · ${label}`)));
const surest = Math.max(...statements.flatMap((statement) => statement.evidence.map((passage) => passage.confidence)), 0.05);
byId("confidence").max = (Math.ceil(surest * 20) / 20).toFixed(2);
const said = concepts.filter((concept) => concept.articles.length).length;
byId("summary").textContent = `${count(articles.length, "article")} · ${count(said, "concept")} · ${count(statements.filter((statement) => statement.evidence.length).length, "statement")}`;
theme(dark.matches ? "dark" : "light");
arrive();
fit(false);
if (state.focus === null && network.getScale() < (narrow.matches ? 0.36 : 0.16) && seen.wanted.length) {
  network.moveTo({ scale: 0.42, position: network.getPositions([seen.wanted[0]])[seen.wanted[0]] });
}
draw();
