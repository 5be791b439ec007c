// The panel of a chosen concept, with the sentences.

function marked(text, words) {
  const quote = make("blockquote");
  const escaped = words.filter((word) => word.length > 2).sort((a, b) => b.length - a.length).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!escaped.length) { quote.append(text); return quote; }
  text.split(new RegExp(`(${escaped.join("|")})`, "gi")).forEach((part, place) => {
    if (part) quote.append(place % 2 ? make("mark", {}, part) : part);
  });
  return quote;
}
function quoteOf(statement, passage) {
  const words = [statement.from, statement.to].flatMap((number) => [concepts[number].label, ...concepts[number].alt]);
  const article = articles[passage.article];
  const stance = STANCES[passage.stance];
  const meter = make("span", { class: "meter" });
  meter.style.setProperty("--full", passage.confidence);
  const quote = make("div", { class: `quote ${stance}-said` }, marked(passage.quote, words),
    make("footer", {}, titleOf(article), passage.section && make("span", {}, `§ ${passage.section}`), article.date && make("time", {}, article.date),
      make("span", { class: `tag ${stance}` }, stance),
      make("span", { title: "Confidence of the extraction" }, meter, passage.confidence.toFixed(2))));
  quote.style.setProperty("--edge", `var(--${stance === "denied" ? "denied" : statement.relation})`);
  return quote;
}
function itemOf(read, other) {
  const { statement } = read;
  const concept = concepts[other];
  const how = count(read.tally, read.how === "guidance" ? "source" : "article");
  return make("details", { class: `item ${read.how === "guidance" ? "from-guidance" : ""}`, "data-concept": concept.id, "data-statement": statement.number },
    make("summary", {}, glyph(concept.kind), make("span", { class: "name" }, concept.label),
      read.how === "hedged" ? make("span", { class: "tag hedged" }, "hedged") : "",
      statement.guidance.length && read.how !== "guidance" ? make("span", { class: "tag guidance", title: "Published guidance states it too" }, "guidance") : "",
      make("span", { class: "many" }, how)),
    ...read.passages.map((passage) => quoteOf(statement, passage)),
    ...statement.guidance.map((source) => make("div", { class: "quote stated" }, make("footer", {}, make("span", { class: "tag guidance" }, "guidance"), titleOf(source), source.section && make("span", {}, `§ ${source.section}`)))),
    make("p", { class: "go" }, make("button", { class: "link", on: { click: () => go(other) } }, `Go to ${concept.label} →`)));
}
function sectionOf(title, readings, centre, { relation, note } = {}) {
  const section = make("section", {});
  const many = readings.length;
  const all = make("button", { class: "link" }, "Show all sentences");
  const items = () => [...section.querySelectorAll("details")];
  const allOpen = () => items().every((item) => item.open);
  all.addEventListener("click", () => {
    const open = !allOpen();
    for (const item of items()) item.open = open;
  });
  section.addEventListener("toggle", () => { all.textContent = allOpen() ? "Hide sentences" : "Show all sentences"; }, true);
  section.append(make("h3", {}, relation ? glyph(relation, "line") : "", title, make("span", { class: "tally" }, String(many)), all));
  if (note) section.append(make("p", { class: "note" }, note));
  readings.sort(byStrength(centre));
  section.append(...readings.map((read) => itemOf(read, end(read, centre))));
  return section;
}

function showPanel() {
  const panel = byId("panel");
  if (state.focus === null) { panel.hidden = true; panel.replaceChildren(); return; }
  const centre = state.focus;
  const concept = concepts[centre];
  const readings = linksOf[centre].map((statement) => seen.readings[statement.number]);
  const pick = (relation, inwards, ...hows) => readings.filter((read) => read.statement.relation === relation && hows.includes(read.how)
    && (read.statement.to === centre) === inwards);
  const named = namedIn(concept);
  const links = readings.filter((read) => read.how === "asserted" || read.how === "hedged");
  const parts = [make("div", { class: "top" },
    make("div", { class: `kind ${concept.kind}` }, glyph(concept.kind), make("span", {}, sentence(concept.kind)),
      make("button", { class: "icon close", "aria-label": "Close", on: { click: () => go(null) } }, "×")),
    make("h2", {}, concept.label),
    make("p", { class: "facts" }, concept.articles.length
      ? `Named in ${count(named.length, "article")} · ${count(links.length, "statement")}` : "Named by published guidance, in no article here"))];
  if (concept.definition || concept.alt.length || !concept.known) {
    parts.push(make("div", { class: "about" }, concept.definition ? make("p", { class: "definition" }, concept.definition) : "",
      concept.alt.length ? alsoCalled(concept.alt) : "",
      concept.known ? "" : make("p", { class: "aka" }, "A candidate: the articles name it, the ontology does not hold it yet.")));
  }
  const challenge = concept.kind === "challenge";
  const order = challenge ? [["mitigates", true], ["causes", true], ["causes", false], ["governs", true]]
    : [["mitigates", false], ["enables", false], ["enables", true], ["governs", true], ["governs", false], ["causes", false], ["causes", true]];
  const rest = Object.keys(HEADINGS).flatMap((relation) => [[relation, false], [relation, true]])
    .filter(([relation, inwards]) => !order.some(([r, i]) => r === relation && i === inwards));
  const known = [];
  for (const [relation, inwards] of [...order, ...rest]) {
    const found = pick(relation, inwards, "asserted", "hedged");
    const stated = pick(relation, inwards, "guidance");
    if (stated.length) known.push([relation, inwards, stated]);
    if (found.length) parts.push(sectionOf(HEADINGS[relation][inwards ? 1 : 0], found, centre, { relation }));
    else if (challenge && relation === "mitigates" && inwards) {
      parts.push(make("section", {}, make("h3", {}, glyph("mitigates", "line"), "Mitigated by"), make("p", { class: "note gap" }, "No article here gives a remedy: a gap.")));
    }
  }
  const denied = readings.filter((read) => read.how === "denied");
  if (denied.length) parts.push(sectionOf("Denied", denied, centre, { relation: "denied", note: "What articles say does not hold." }));
  for (const [relation, inwards, found] of known) {
    const title = relation === "mitigates" && inwards ? "Known countermeasures" : `${HEADINGS[relation][inwards ? 1 : 0]}, by guidance`;
    parts.push(sectionOf(title, found, centre, { relation: "guidance", note: "Published guidance states it; no article here does." }));
  }
  const hidden = readings.reduce((sum, read) => sum + read.hidden, 0);
  if (hidden) parts.push(make("section", {}, make("p", { class: "note" }, `${count(hidden, "passage")} hidden by the filters. `, make("button", { class: "link", on: { click: clear } }, "Clear the filters"))));
  if (named.length) {
    parts.push(make("section", {}, make("h3", {}, "Named in", make("span", { class: "tally" }, String(named.length))),
      make("ul", { class: "named" }, ...named.map((number) => make("li", {}, titleOf(articles[number]), " ", make("small", {}, [articles[number].publisher, articles[number].date].filter(Boolean).join(" · ")))))));
  }
  // The same concept under other filters stays open where it was.
  const same = panel.dataset.concept === concept.id && !panel.hidden;
  const open = new Set(same ? [...panel.querySelectorAll("details[open]")].map((item) => item.dataset.statement) : []);
  const top = same ? panel.scrollTop : 0;
  panel.dataset.concept = concept.id;
  panel.hidden = false;
  panel.replaceChildren(...parts, make("div", { class: "end" }));
  for (const item of panel.querySelectorAll("details")) item.open = open.has(item.dataset.statement);
  panel.scrollTop = top;
}
function alsoCalled(names) {
  const some = names.length > 6 ? 4 : names.length;
  const first = `Also called ${names.slice(0, some).join(", ")}`;
  return some === names.length ? make("p", { class: "aka" }, first)
    : make("details", { class: "aka" }, make("summary", {}, first, make("span", { class: "more" }, ` and ${names.length - some} more`)), make("p", {}, names.slice(some).join(", ")));
}
const titleOf = (article) => article.source
  ? make("a", { href: article.source, target: "_blank", rel: "noopener noreferrer nofollow" }, article.title) : make("span", { class: "title" }, article.title);
