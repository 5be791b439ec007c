// The lists: concepts, gaps, articles.

const sorting = { concepts: ["articles", -1], articles: ["date", -1] };
const opener = (number) => make("button", { class: "open", "data-concept": concepts[number].id, on: { click: () => go(number) } },
  glyph(concepts[number].kind), make("span", { class: "name" }, concepts[number].label));
const chip = (number, extra = "") => make("button", { class: `chip ${extra}`, on: { click: () => go(number) } }, glyph(concepts[number].kind), concepts[number].label);
const cell = (content, name, number) => make("td", { class: number ? "number" : null, "data-name": name || null }, content);
function table(columns, rows, list) {
  const [by, way] = sorting[list] || [];
  const heads = columns.map(({ key, name, number }) => {
    const sorted = key && key === by;
    const head = make("th", { scope: "col", class: number ? "number" : null, "aria-sort": sorted ? (way > 0 ? "ascending" : "descending") : null });
    head.append(key ? make("button", { "data-sort": key, on: { click: () => {
      sorting[list] = [key, sorted ? -way : number || key === "date" ? -1 : 1];
      showLists();
      byId(list).querySelector(`[data-sort="${key}"]`).focus();
    } } }, name) : make("span", {}, name));
    return head;
  });
  return make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells))));
}
function ordered(rows, list) {
  const [by, way] = sorting[list];
  return rows.sort((a, b) => way * (typeof a[by] === "number" ? a[by] - b[by] : String(a[by]).localeCompare(String(b[by]), "en")) || a.number - b.number);
}
function remedies(number) {
  const said = [], known = [];
  for (const statement of linksOf[number]) {
    if (statement.relation !== "mitigates" || statement.to !== number) continue;
    const read = seen.readings[statement.number];
    if (read.how === "asserted" || read.how === "hedged") said.push(read);
    else if (statement.guidance.length) known.push(read);
  }
  said.sort(byStrength(number));
  known.sort(byStrength(number));
  return { said, known };
}
const challenges = () => seen.listed.filter((number) => concepts[number].kind === "challenge" && namedIn(concepts[number]).length > 0);

const underFilters = () => make("span", {}, " under the filters (", make("button", { class: "link", on: { click: clear } }, "clear them"), ")");

function showLists() {
  const gaps = challenges().map((number) => ({ number, many: namedIn(concepts[number]).length, ...remedies(number) })).sort((a, b) => b.many - a.many);
  const open = gaps.filter((gap) => !gap.said.length).sort((a, b) => (b.known.length > 0) - (a.known.length > 0));
  const helped = open.filter((gap) => gap.known.length).length;
  const hopes = gaps.filter((gap) => gap.said.length && gap.said.every((read) => read.how === "hedged"));
  byId("gap-count").textContent = open.length;
  if (state.view === "concepts") {
    const rows = ordered(seen.listed.map((number) => {
      const concept = concepts[number];
      const links = linksOf[number].filter((statement) => ["asserted", "hedged"].includes(seen.readings[statement.number].how));
      return { number, label: concept.label, kind: concept.kind, articles: namedIn(concept).length, links: links.length,
        remedies: concept.kind === "challenge" ? remedies(number).said.length : -1, pagerank: concept.pagerank };
    }), "concepts");
    byId("concepts").replaceChildren(make("div", {}, make("h2", {}, "Concepts"),
      make("p", { class: "lead" }, count(rows.length, "concept"), narrowed() ? underFilters() : "", ". Choose one to read what is said about it."),
      table([{ key: "label", name: "Concept" }, { key: "kind", name: "Kind" }, { key: "articles", name: "Articles", number: true }, { key: "links", name: "Statements", number: true },
        { key: "remedies", name: "Remedies", number: true }, { key: "pagerank", name: "Rank", number: true }],
      rows.map((row) => [cell(opener(row.number)), cell(make("span", { class: `word ${row.kind}` }, row.kind)), cell(String(row.articles), "articles", true), cell(String(row.links), "statements", true),
        row.remedies < 0 ? cell(make("span", { class: "dim" }, "–"), "remedies", true) : cell(String(row.remedies), "remedies", true), cell((row.pagerank * 100).toFixed(2), "rank", true)]), "concepts")));
  } else if (state.view === "gaps") {
    const none = () => make("span", { class: "dim" }, "none known");
    const chips = (reads, extra) => make("div", { class: "chips" }, ...reads.map((read) => chip(read.statement.from, extra)));
    const part = (title, lead, rows, column, reads, extra) => rows.length ? [make("h3", {}, `${title} (${rows.length})`), make("p", { class: "lead" }, lead),
      table([{ name: "Challenge" }, { name: "Articles", number: true }, { name: column }],
        rows.map((gap) => [cell(opener(gap.number)), cell(String(gap.many), "articles", true),
          cell(reads(gap).length ? chips(reads(gap), extra) : none(), column.toLowerCase() + ":")]))] : [];
    const covered = gaps.filter((gap) => gap.said.length && !hopes.includes(gap));
    byId("gaps").replaceChildren(make("div", {}, make("h2", {}, "Gaps"),
      make("p", { class: "lead" }, `${open.length} of ${count(gaps.length, "challenge")} have no remedy in these articles`, narrowed() ? underFilters() : "", "."),
      ...part("Without a remedy", `No article says what helps. ${helped ? `First the ${helped} for which published guidance knows a countermeasure (dashed).` : "Published guidance knows nothing either."}`, open, "Guidance knows", (gap) => gap.known, "guidance-only"),
      ...part("Only hoped for", "Every sentence that names a remedy is hedged.", hopes, "Remedies", (gap) => gap.said),
      ...part("With remedies", "Best supported first.", covered, "Remedies", (gap) => gap.said)));
  } else if (state.view === "articles") {
    const rows = ordered(articles.map((article, number) => ({ number, title: article.title, date: article.date,
      concepts: concepts.filter((concept) => concept.articles.includes(number)).length,
      links: statements.filter((statement) => statement.evidence.some((passage) => passage.article === number)).length })).filter((row) => articleFits(row.number)), "articles");
    byId("articles").replaceChildren(make("div", {}, make("h2", {}, "Articles"), make("p", { class: "lead" }, count(rows.length, "article"), narrowed() ? underFilters() : ""),
      table([{ key: "title", name: "Article" }, { key: "date", name: "Date" }, { key: "concepts", name: "Concepts", number: true }, { key: "links", name: "Statements", number: true }, { name: "" }],
        rows.map((row) => [cell(make("div", {}, titleOf(articles[row.number]), articles[row.number].publisher && make("small", {}, articles[row.number].publisher))), cell(make("time", {}, row.date)), cell(String(row.concepts), "concepts", true), cell(String(row.links), "statements", true),
          cell(make("button", { class: "link", on: { click: () => { byId("article").value = row.number; state.article = row.number; go(null, "map"); fit(true); } } }, "Show on the map"))]), "articles")));
  }
}
