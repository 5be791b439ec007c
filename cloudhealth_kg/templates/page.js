"use strict";
// Draws the page's data. What comes from articles is only ever set as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { articles, communities, concepts, statements } = data;
  const KINDS = ["challenge", "advancement", "regulation", "technology", "measure"];
  const RELATIONS = ["mitigates", "causes", "enables", "governs"];
  const STANCES = ["asserted", "hedged", "denied"];
  const ARROWS = { mitigates: "bar", causes: "arrow", enables: "vee", governs: "circle" };
  const HEADINGS = {
    mitigates: ["Mitigates", "Mitigated by"],
    causes: ["Leads to", "Caused by"],
    enables: ["Enables", "Enabled by"],
    governs: ["Governs", "Governed by"],
    requires: ["Requires", "Required by"],  // said by guidance alone
  };
  const TERRITORIES = [215, 160, 35, 285, 350, 95, 190, 255];
  const byId = (id) => document.getElementById(id);
  const numberOf = new Map(concepts.map((concept, number) => [concept.id, number]));
  const linksOf = concepts.map(() => []);
  statements.forEach((statement, number) => {
    statement.number = number;
    linksOf[statement.from].push(statement);
    if (statement.to !== statement.from) linksOf[statement.to].push(statement);
  });
  const years = articles.map((article) => Number(article.date.slice(0, 4)) || null);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = matchMedia("(max-width: 760px)");

  // -- small builders

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }
  function glyph(kind, className = "glyph") {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", `${className} ${kind}`);
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#${kind}`);
    svg.append(use);
    return svg;
  }
  const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
  const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  // -- what is to be seen

  const state = {
    view: "map", focus: null, limit: data.drawn,
    kinds: new Set(KINDS), relations: new Set(RELATIONS),
    hedged: true, denied: false, guidance: false, unlinked: false,
    article: null, from: null, to: null, community: null, confidence: 0,
  };

  function articleFits(number) {
    if (state.article !== null && number !== state.article) return false;
    const year = years[number];
    if (state.from !== null && (year === null || year < state.from)) return false;
    return state.to === null || (year !== null && year <= state.to);
  }
  const passageFits = (passage) => articleFits(passage.article) && passage.confidence >= state.confidence;

  // What is left of a statement under the filters: its passages, and how it stands.
  function reading(statement) {
    const passages = statement.evidence.filter(passageFits);
    const support = passages.filter((passage) => passage.stance < 2);
    const how = passages.length ? STANCES[Math.min(...passages.map((passage) => passage.stance))]
      : statement.guidance.length ? "guidance" : null;
    return { statement, passages, how, articles: new Set(support.map((passage) => passage.article)).size,
      hidden: statement.evidence.length - passages.length };
  }
  function howShown(read) {
    if (read.how === "asserted") return true;
    if (read.how === "hedged") return state.hedged || (state.guidance && read.statement.guidance.length > 0);
    if (read.how === "denied") return state.denied;
    return read.how === "guidance" && state.guidance;
  }
  const communityFits = (concept) => state.community === null || concept.community === state.community;
  const namedIn = (concept) => concept.articles.filter(articleFits);

  let seen;
  function see() {
    const readings = statements.map(reading);
    const open = concepts.map((concept) => state.kinds.has(concept.kind) && communityFits(concept));
    const shown = readings.filter((read) => howShown(read) && (read.how === "guidance" || state.relations.has(read.statement.relation))
      && open[read.statement.from] && open[read.statement.to]);
    const linked = new Set(shown.flatMap((read) => [read.statement.from, read.statement.to]));
    const listed = concepts.map((concept, number) => number)
      .filter((number) => open[number] && (linked.has(number) || namedIn(concepts[number]).length > 0));
    const wanted = listed.filter((number) => linked.has(number) || state.unlinked);
    const whole = new Set(wanted.slice(0, state.limit));
    let drawn = whole, edges = shown, around = null;
    if (state.focus !== null) {
      edges = shown.filter((read) => read.statement.from === state.focus || read.statement.to === state.focus);
      around = placesAround(state.focus, edges);
      drawn = new Set(around.keys());
    }
    edges = edges.filter((read) => drawn.has(read.statement.from) && drawn.has(read.statement.to));
    seen = { readings, shown, linked, listed, wanted, whole, drawn, edges, around };
  }

  // A chosen concept in the middle, what leads to it on the left, what it leads to on the right.
  function placesAround(centre, links) {
    const sides = [[], []];
    const met = new Set([centre]);
    const rank = (read) => [Object.keys(HEADINGS).indexOf(read.statement.relation), -read.articles];
    for (const read of [...links].sort((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1])) {
      const other = read.statement.from === centre ? read.statement.to : read.statement.from;
      if (met.has(other)) continue;
      met.add(other);
      sides[read.statement.from === centre ? 1 : 0].push(other);
    }
    const places = new Map([[centre, { x: 0, y: 0 }]]);
    sides.forEach((members, side) => {
      const columns = Math.ceil(members.length / Math.max(8, Math.ceil(Math.sqrt(members.length * 2.2))));
      const long = Math.ceil(members.length / columns);
      for (let column = 0; column < columns; column += 1) {
        const part = members.slice(column * long, (column + 1) * long);
        const tall = part.map((number) => 2 * data.map.nodes[number].size + 19 * data.map.nodes[number].label.split("\n").length + 22);
        const sum = tall.reduce((a, b) => a + b, 0);
        let top = -sum / 2;
        part.forEach((number, row) => {
          const y = top + data.map.nodes[number].size;
          const bow = 70 * (y / (sum / 2 + 1)) ** 2;
          places.set(number, { x: (side ? 1 : -1) * (300 + column * 185 - bow), y });
          top += tall[row];
        });
      }
    });
    return places;
  }

  // -- the map

  const nodes = new vis.DataSet();
  const edges = new vis.DataSet();
  const network = new vis.Network(byId("canvas"), { nodes, edges }, {
    physics: false, layout: { improvedLayout: false }, autoResize: false,
    interaction: { hover: true, tooltipDelay: 100000, hideEdgesOnDrag: statements.length > 1500,
      hideEdgesOnZoom: statements.length > 3000, selectConnectedEdges: false, zoomSpeed: 0.8 },
    nodes: { borderWidth: 1.5, scaling: { label: { drawThreshold: 9, maxVisible: 22 } }, labelHighlightBold: false,
      font: { face: getComputedStyle(document.body).fontFamily, vadjust: -2 }, chosen: false },
    edges: { selectionWidth: 0, hoverWidth: 0, chosen: false, arrowStrikethrough: false },
  });
  window.cloudhealthPage = { network, concepts, statements, state };
  const twins = new Map();
  statements.forEach((statement) => {
    const pair = [Math.min(statement.from, statement.to), Math.max(statement.from, statement.to)].join();
    statement.twin = twins.get(pair) || 0;
    twins.set(pair, statement.twin + 1);
  });
  let palette = {};
  let hovered = null;
  let landmarks = new Set();  // those whose label stays legible however far one zooms out

  function readPalette() {
    for (const name of [...KINDS, ...RELATIONS, "paper", "sheet", "ink", "soft", "faint", "guidance", "denied", "accent"]) palette[name] = colour(name);
  }
  const lit = () => (hovered !== null ? hovered : state.focus);
  function nearby(centre) {
    const near = new Set([centre]);
    for (const read of seen.edges) {
      if (read.statement.from === centre) near.add(read.statement.to);
      if (read.statement.to === centre) near.add(read.statement.from);
    }
    return near;
  }
  // The most important concepts whose labels, made legible at this zoom, do not touch.
  function signposts() {
    const scale = network.getScale();
    const taken = [];
    const chosen = new Set();
    for (const number of seen.wanted.slice(0, 80)) {
      const { x, y, label, font, size } = data.map.nodes[number];
      const letter = Math.max(font.size, 11.5 / scale);
      const lines = label.split("\n");
      const half = Math.max(...lines.map((line) => line.length)) * letter * 0.3;
      const box = [x - half, x + half, y + size, y + size + lines.length * letter * 1.25];
      if (taken.some((other) => box[0] < other[1] && other[0] < box[1] && box[2] < other[3] && other[2] < box[3])) continue;
      taken.push(box);
      chosen.add(number);
      if (chosen.size === 16) break;
    }
    return chosen;
  }
  function letterOf(number, lifted, scale) {
    if (seen.around) return number === state.focus ? 19 : 15;
    const size = data.map.nodes[number].font.size;
    const legible = lifted ? 12.5 : landmarks.has(number) ? 11.5 : 0;
    return Math.min(Math.max(size, legible / scale), Math.max(18 / scale, 6), 150);
  }
  function nodeStyle(number, near) {
    const concept = concepts[number];
    const said = concept.articles.length > 0;
    const tone = palette[concept.kind];
    const bright = near === null || near.has(number);
    const focus = number === state.focus;
    const scale = network.getScale();
    const base = data.map.nodes[number];
    return {
      ...base, ...(seen.around ? seen.around.get(number) : {}), title: undefined, opacity: bright ? 1 : 0.13,
      color: { background: said ? tone : palette.paper, border: focus ? palette.ink : said ? palette.paper : palette.guidance },
      borderWidth: focus ? 3.5 : said ? 1.5 : 2, shapeProperties: { borderDashes: said ? false : [3, 3] },
      font: { ...base.font, color: bright ? palette.ink : "rgba(0,0,0,0)", strokeWidth: 4,
        strokeColor: bright ? palette.paper : "rgba(0,0,0,0)", size: letterOf(number, near !== null && bright, scale) },
    };
  }
  function edgeStyle(read, near) {
    const { statement } = read;
    const centre = lit();
    const bright = near === null || statement.from === centre || statement.to === centre;
    const tone = read.how === "guidance" ? palette.guidance : read.how === "denied" ? palette.denied : palette[statement.relation];
    const type = read.how === "denied" ? null : ARROWS[statement.relation] || "arrow";
    return {
      ...data.map.edges[statement.number],
      width: read.how === "guidance" ? 2 : read.how === "denied" ? 1.2 : 1 + 0.9 * Math.log2(1 + read.articles),
      color: { color: tone, opacity: bright ? (near === null ? seen.around ? 0.85 : Math.min(0.5, Math.max(0.16, 0.5 * Math.sqrt(450 / seen.edges.length))) : 0.95) : 0.05, inherit: false },
      arrows: { to: { enabled: type !== null, type: type || "arrow", scaleFactor: { circle: 0.45, bar: 0.75 }[type] || 0.6 } },
      dashes: { asserted: false, hedged: [9, 7], denied: [2, 7], guidance: [1.5, 6] }[read.how],
      label: read.how === "denied" && bright ? "✕" : undefined,
      font: { size: 13, color: palette.denied, strokeWidth: 3, strokeColor: palette.paper },
      smooth: seen.around ? { enabled: true, type: "cubicBezier", forceDirection: "horizontal", roundness: 0.45 }
        : { enabled: true, type: statement.twin % 2 ? "curvedCCW" : "curvedCW", roundness: 0.1 + 0.12 * statement.twin },
    };
  }
  function replace(set, wanted) {
    const keep = new Set(wanted.map((item) => item.id));
    set.remove(set.getIds().filter((id) => !keep.has(id)));
    set.update(wanted);
  }
  function draw() {
    const centre = lit();
    landmarks = signposts();
    const near = centre !== null && centre !== state.focus && seen.drawn.has(centre) ? nearby(centre) : null;
    replace(nodes, [...seen.drawn].map((number) => nodeStyle(number, near)));
    replace(edges, seen.edges.map((read) => edgeStyle(read, near)));
    byId("empty").hidden = seen.drawn.size > 0;
  }
  // A soft ground under each community.
  network.on("beforeDrawing", (context) => {
    if (seen.around) return;
    const grounds = new Map();
    for (const number of seen.drawn) {
      const { community } = concepts[number];
      if (community === null || community === undefined) continue;
      if (!grounds.has(community)) grounds.set(community, []);
      grounds.get(community).push(number);
    }
    const dark = document.documentElement.dataset.theme === "dark";
    const places = network.getPositions([...seen.drawn]);
    for (const [community, members] of grounds) {
      if (members.length < 4) continue;
      context.beginPath();
      for (const number of members) {
        const place = places[number];
        context.moveTo(place.x + 84, place.y + 12);
        context.arc(place.x, place.y + 12, 84, 0, 2 * Math.PI);
      }
      const hue = TERRITORIES[community % TERRITORIES.length];
      context.fillStyle = dark ? `hsla(${hue}, 60%, 65%, ${lit() === null ? 0.06 : 0.025})` : `hsla(${hue}, 70%, 50%, ${lit() === null ? 0.055 : 0.025})`;
      context.fill();
    }
  });
  function resize() {
    const { width, height } = byId("canvas").getBoundingClientRect();
    if (width > 0 && height > 0) { network.setSize(`${width}px`, `${height}px`); network.redraw(); }
  }
  new ResizeObserver(resize).observe(byId("canvas"));
  const pace = (duration) => (still ? false : { duration, easingFunction: "easeInOutCubic" });
  function fit(animate) {
    resize();
    if (seen.around) { frameFocus(); return; }
    const main = seen.wanted.filter((number) => seen.drawn.has(number) && seen.linked.has(number));
    network.fit({ nodes: main.length ? main : undefined, animation: animate ? pace(500) : false, maxZoomLevel: 1.4 });
  }
  let camera = null;  // where the whole map was left
  function frameFocus() {
    resize();
    const places = [...seen.around.values()];
    const reach = (axis) => [Math.min(...places.map((place) => place[axis])), Math.max(...places.map((place) => place[axis]))];
    const [left, right] = reach("x"), [top, bottom] = reach("y");
    const canvas = byId("canvas").getBoundingClientRect();
    const cover = coverage(canvas);
    const scale = Math.min(1.15, (canvas.width - cover.x) / (right - left + 210), (canvas.height - cover.y) / (bottom - top + 150));
    const position = scale < 0.5 ? { x: 0, y: 0 } : { x: (left + right) / 2, y: (top + bottom) / 2 + 15 };
    network.moveTo({ position, scale: Math.max(scale, 0.5), offset: { x: -cover.x / 2, y: -cover.y / 2 } });
  }
  function coverage(canvas) {
    const panel = byId("panel");
    if (panel.hidden || getComputedStyle(panel).position === "static") return { x: 0, y: 0 };
    return narrow.matches ? { x: 0, y: Math.min(panel.offsetHeight, canvas.height * 0.7) } : { x: panel.offsetWidth, y: 0 };
  }
  let waiting = 0;
  function hover(number) {
    clearTimeout(waiting);
    waiting = setTimeout(() => { hovered = number; draw(); }, 40);
  }
  let zooming = 0;
  network.on("zoom", () => { clearTimeout(zooming); zooming = setTimeout(draw, 120); });
  network.on("animationFinished", draw);
  network.on("hoverNode", ({ node }) => { byId("canvas").style.cursor = "pointer"; hover(node); });
  network.on("blurNode", () => { byId("canvas").style.cursor = ""; hover(null); });
  network.on("click", ({ nodes: [node] }) => { if (node !== undefined) go(node); else if (state.focus !== null) go(null); });

  // -- the panel

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
    const how = read.how === "guidance" ? count(statement.guidance.length, "source") : read.how === "denied" ? count(new Set(read.passages.map((p) => p.article)).size, "article") : count(read.articles, "article");
    return make("details", { class: `item ${read.how === "guidance" ? "from-guidance" : ""}`, "data-concept": concept.id },
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
    all.addEventListener("click", () => {
      const items = [...section.querySelectorAll("details")];
      const open = !items.every((item) => item.open);
      for (const item of items) item.open = open;
      all.textContent = open ? "Hide sentences" : "Show all sentences";
    });
    section.append(make("h3", {}, relation ? glyph(relation, "line") : "", title, make("span", { class: "tally" }, String(many)), all));
    if (note) section.append(make("p", { class: "note" }, note));
    readings.sort((a, b) => b.articles - a.articles || b.passages.length - a.passages.length || concepts[end(a, centre)].label.localeCompare(concepts[end(b, centre)].label, "en"));
    section.append(...readings.map((read) => itemOf(read, end(read, centre))));
    return section;
  }
  const end = (read, centre) => (read.statement.from === centre ? read.statement.to : read.statement.from);

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
        concept.alt.length ? make("p", { class: "aka" }, `Also called ${concept.alt.join(", ")}`) : "",
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
    panel.hidden = false;
    panel.replaceChildren(...parts, make("div", { class: "end" }));
    panel.scrollTop = 0;
  }
  const titleOf = (article) => article.source
    ? make("a", { href: article.source, target: "_blank", rel: "noopener noreferrer nofollow" }, article.title) : make("span", { class: "title" }, article.title);

  // -- the lists

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
    said.sort((a, b) => b.articles - a.articles || a.statement.from - b.statement.from);
    return { said, known };
  }
  const challenges = () => seen.listed.filter((number) => concepts[number].kind === "challenge" && namedIn(concepts[number]).length > 0);

  function showLists() {
    const gaps = challenges().map((number) => ({ number, ...remedies(number) }));
    const open = gaps.filter((gap) => !gap.said.length);
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
        make("p", { class: "lead" }, `${count(rows.length, "concept")} under the present filters. Choose one to read what is said about it.`),
        table([{ key: "label", name: "Concept" }, { key: "kind", name: "Kind" }, { key: "articles", name: "Articles", number: true }, { key: "links", name: "Statements", number: true },
          { key: "remedies", name: "Remedies", number: true }, { key: "pagerank", name: "Rank", number: true }],
        rows.map((row) => [cell(opener(row.number)), cell(make("span", { class: row.kind }, row.kind)), cell(String(row.articles), "articles", true), cell(String(row.links), "statements", true),
          row.remedies < 0 ? cell(make("span", { class: "dim" }, "–"), "remedies", true) : cell(String(row.remedies), "remedies", true), cell((row.pagerank * 100).toFixed(2), "rank", true)]), "concepts")));
    } else if (state.view === "gaps") {
      const none = () => make("span", { class: "dim" }, "none known");
      const chips = (reads, extra) => make("div", { class: "chips" }, ...reads.map((read) => chip(read.statement.from, extra)));
      const part = (title, lead, rows, column, reads, extra) => rows.length ? [make("h3", {}, `${title} (${rows.length})`), make("p", { class: "lead" }, lead),
        table([{ name: "Challenge" }, { name: "Articles", number: true }, { name: column }],
          rows.map((gap) => [cell(opener(gap.number)), cell(String(namedIn(concepts[gap.number]).length), "articles", true),
            cell(reads(gap).length ? chips(reads(gap), extra) : none(), column.toLowerCase() + ":")]))] : [];
      const covered = gaps.filter((gap) => gap.said.length && !hopes.includes(gap));
      byId("gaps").replaceChildren(make("div", {}, make("h2", {}, "Gaps"),
        make("p", { class: "lead" }, `${open.length} of ${count(gaps.length, "challenge")} have no remedy in these articles.`),
        ...part("Without a remedy", "No article says what helps. Dashed: what published guidance knows.", open, "Guidance knows", (gap) => gap.known, "guidance-only"),
        ...part("Only hoped for", "Every sentence that names a remedy is hedged.", hopes, "Remedies", (gap) => gap.said),
        ...part("With remedies", "Best supported first.", covered, "Remedies", (gap) => gap.said)));
    } else if (state.view === "articles") {
      const rows = ordered(articles.map((article, number) => ({ number, title: article.title, date: article.date, publisher: article.publisher,
        concepts: concepts.filter((concept) => concept.articles.includes(number)).length,
        links: statements.filter((statement) => statement.evidence.some((passage) => passage.article === number)).length })).filter((row) => articleFits(row.number)), "articles");
      byId("articles").replaceChildren(make("div", {}, make("h2", {}, "Articles"), make("p", { class: "lead" }, `${count(rows.length, "article")} were read.`),
        table([{ key: "title", name: "Article" }, { key: "publisher", name: "Publisher" }, { key: "date", name: "Date" }, { key: "concepts", name: "Concepts", number: true }, { key: "links", name: "Statements", number: true }, { name: "" }],
          rows.map((row) => [cell(titleOf(articles[row.number])), cell(row.publisher), cell(row.date), cell(String(row.concepts), "concepts", true), cell(String(row.links), "statements", true),
            cell(make("button", { class: "link", on: { click: () => { byId("article").value = row.number; state.article = row.number; go(null, "map"); fit(true); } } }, "Show on the map"))]), "articles")));
    }
  }

  // -- the words around it

  function showStatus() {
    const drawn = seen.wanted.filter((number) => seen.drawn.has(number)).length;
    const rest = seen.wanted.length - drawn;
    const unlinked = seen.listed.length - seen.listed.filter((number) => seen.linked.has(number)).length;
    const status = byId("status");
    if (seen.around) {
      status.replaceChildren(make("b", {}, concepts[state.focus].label), ` and ${count(seen.drawn.size - 1, "concept")} linked with it`,
        make("button", { on: { click: () => go(null) } }, "Back to the whole map"));
    } else status.replaceChildren(make("b", {}, `${drawn} of ${count(seen.wanted.length, "concept")}`), ` drawn${rest ? ", the most important first" : ""} · ${count(seen.edges.length, "statement")}`,
      unlinked && !state.unlinked ? ` · ${unlinked} unlinked in the list only` : "");
    if (rest > 0 && !seen.around) {
      const more = Math.min(rest, data.drawn);
      status.append(make("button", { on: { click: () => { state.limit += data.drawn; refresh(); fit(true); } } }, `Draw ${more} more`),
        make("button", { on: { click: () => { state.limit = Infinity; refresh(); fit(true); } } }, "Draw all"));
    }
    for (const output of document.querySelectorAll("[data-kind]")) output.textContent = concepts.filter((concept) => concept.kind === output.dataset.kind && concept.articles.length).length;
    const tally = (test) => seen.readings.filter(test).length;
    for (const output of document.querySelectorAll("[data-relation]")) output.textContent = tally((read) => read.statement.relation === output.dataset.relation && ["asserted", "hedged"].includes(read.how));
    for (const output of document.querySelectorAll("[data-how]")) output.textContent = output.dataset.how === "unlinked" ? unlinked : tally((read) => read.how === output.dataset.how);
    byId("clear").hidden = !narrowed();
  }
  function narrowed() {
    return state.kinds.size < KINDS.length || state.relations.size < RELATIONS.length || !state.hedged || state.article !== null || state.from !== null || state.to !== null
      || state.community !== null || state.confidence > 0;
  }
  function refresh() {
    see();
    draw();
    showStatus();
    showLists();
    showPanel();
  }
  function clear() {
    for (const box of document.querySelectorAll("[name=kind], [name=relation], #show-hedged")) box.checked = true;
    for (const id of ["article", "from", "to", "community"]) byId(id).value = "";
    byId("confidence").value = 0;
    readFilters();
  }
  function readFilters() {
    const checked = (name) => new Set([...document.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value));
    const chosen = (id) => (byId(id).value === "" ? null : Number(byId(id).value));
    Object.assign(state, { kinds: checked("kind"), relations: checked("relation"), hedged: byId("show-hedged").checked, denied: byId("show-denied").checked,
      guidance: byId("show-guidance").checked, unlinked: byId("show-unlinked").checked, article: chosen("article"), from: chosen("from"), to: chosen("to"),
      community: chosen("community"), confidence: Number(byId("confidence").value) });
    byId("confidence-said").textContent = state.confidence.toFixed(2);
    refresh();
  }

  // -- going about

  // The address tells view and concept: #concept=vendor-lock-in&view=gaps
  function go(number, view = state.view) {
    const parts = [];
    if (number !== null) parts.push(`concept=${encodeURIComponent(concepts[number].id)}`);
    if (view !== "map") parts.push(`view=${view}`);
    const hash = parts.length ? `#${parts.join("&")}` : "#";
    if (location.hash === hash || (hash === "#" && location.hash === "")) arrive();
    else location.hash = hash;
  }
  function arrive() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const before = state.focus;
    const name = wanted.get("concept") || "";
    const number = numberOf.has(name) ? numberOf.get(name) : concepts.findIndex((concept) => concept.iri === name);
    state.focus = number !== undefined && number >= 0 ? number : null;
    state.view = ["concepts", "gaps", "articles"].includes(wanted.get("view")) ? wanted.get("view") : "map";
    hovered = null;
    for (const view of ["map", "concepts", "gaps", "articles"]) byId(view).hidden = view !== state.view;
    for (const tab of document.querySelectorAll(".tabs button")) {
      if (tab.dataset.view === state.view) tab.setAttribute("aria-current", "page"); else tab.removeAttribute("aria-current");
    }
    if (before === null && state.focus !== null && seen) camera = { position: network.getViewPosition(), scale: network.getScale() };
    refresh();
    if (state.focus !== null && state.focus !== before) byId("panel").focus({ preventScroll: true });
    if (state.view !== "map" || state.focus === before) return;
    if (state.focus !== null) frameFocus();
    else if (camera) { resize(); network.moveTo(camera); draw(); }
    else fit(false);
  }

  const search = byId("search"), found = byId("found");
  let hits = [], at = 0;
  function look() {
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    hits = words.length ? concepts.map((concept, number) => {
      const label = fold(concept.label), all = fold([concept.label, ...concept.alt].join(" · "));
      return words.every((word) => all.includes(word)) ? { number, score: (label.startsWith(words[0]) ? 0 : label.includes(words[0]) ? 1 : 2) * 1e6 + number } : null;
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
    if (event.key === "Escape" && byId("filters").classList.contains("open")) byId("filters").classList.remove("open");
    else if (event.key === "Escape" && state.focus !== null) go(null);
  });
  for (const tab of document.querySelectorAll(".tabs button")) tab.addEventListener("click", () => go(narrow.matches || tab.dataset.view === "map" ? (tab.dataset.view === "map" ? state.focus : null) : state.focus, tab.dataset.view));
  byId("filters").addEventListener("change", readFilters);
  byId("confidence").addEventListener("input", readFilters);
  byId("clear").addEventListener("click", clear);
  byId("open-filters").addEventListener("click", () => { byId("filters").classList.add("open"); byId("filters").querySelector("input").focus(); });
  document.querySelector("[data-close]").addEventListener("click", () => { byId("filters").classList.remove("open"); byId("open-filters").focus(); });
  byId("zoom-in").addEventListener("click", () => network.moveTo({ scale: network.getScale() * 1.4, animation: pace(200) }));
  byId("zoom-out").addEventListener("click", () => network.moveTo({ scale: network.getScale() / 1.4, animation: pace(200) }));
  byId("fit").addEventListener("click", () => fit(true));
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byId("main").focus(); });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  function theme(name) { document.documentElement.dataset.theme = name; readPalette(); if (seen) draw(); }
  dark.addEventListener("change", () => theme(dark.matches ? "dark" : "light"));
  byId("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  addEventListener("hashchange", arrive);

  articles.map((article, number) => [article, number]).sort((a, b) => a[0].title.localeCompare(b[0].title, "en")).forEach(([article, number]) => byId("article").append(make("option", { value: number }, article.title)));
  for (const year of [...new Set(years)].filter(Boolean).sort()) for (const id of ["from", "to"]) byId(id).append(make("option", { value: year }, String(year)));
  communities.forEach((label, number) => byId("community").append(make("option", { value: number }, `${number + 1} · ${label}`)));
  const said = concepts.filter((concept) => concept.articles.length).length;
  byId("summary").textContent = `${count(articles.length, "article")} · ${count(said, "concept")} · ${count(statements.filter((statement) => statement.evidence.length).length, "statement")}`;
  theme(dark.matches ? "dark" : "light");
  arrive();
  fit(false);
  if (state.focus === null && network.getScale() < (narrow.matches ? 0.36 : 0.16) && seen.wanted.length) {
    network.moveTo({ scale: 0.42, position: network.getPositions([seen.wanted[0]])[seen.wanted[0]] });
  }
  draw();
})();
