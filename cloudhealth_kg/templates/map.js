// The map, drawn by vis-network.

const nodes = new vis.DataSet();
const edges = new vis.DataSet();
const network = new vis.Network(byId("canvas"), { nodes, edges }, {
  physics: false, layout: { improvedLayout: false }, autoResize: false,
  interaction: { hover: true, tooltipDelay: 100000, hideEdgesOnDrag: statements.length > 1500,
    hideEdgesOnZoom: statements.length > 3000, selectConnectedEdges: false, zoomSpeed: 0.8 },
  nodes: { borderWidth: 1.5, scaling: { label: { drawThreshold: narrow.matches ? 7 : 9, maxVisible: 22 } }, labelHighlightBold: false,
    font: { face: getComputedStyle(document.body).fontFamily, vadjust: -2 }, chosen: false },
  edges: { selectionWidth: 0, hoverWidth: 0, chosen: false, arrowStrikethrough: false },
});
byId("canvas").firstElementChild.tabIndex = -1;  // the lists are for the keyboard
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
  for (const number of [...seen.drawn].slice(0, 80)) {
    const { x, y, label, size } = { ...data.map.nodes[number], ...placed(number) };
    const letter = Math.max(letterIn(number, seen.apart), 11.5 / scale);
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
function placed(number) {
  if (!seen.around) return seen.apart ? seen.apart.get(number) : {};
  const { x, y, side } = seen.around.get(number);
  return side ? { x, y, label: " " } : { x, y };
}
function letterOf(number, lifted, scale) {
  if (seen.around) return 18;
  const size = letterIn(number, seen.apart);
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
    ...base, ...placed(number), size: seen.around ? base.size : Math.max(base.size, (narrow.matches ? 2.2 : 3.2) / scale), title: undefined, opacity: bright ? 1 : 0.13,
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
    arrowStrikethrough: seen.around !== null, endPointOffset: { from: 0, to: seen.around && statement.to === state.focus ? 12 : 0 },
    smooth: seen.around && !statement.twin ? { enabled: false }
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
  if (!seen.drawn.size) {
    byId("empty").replaceChildren(...(seen.listed.length ? [`No statement links the ${count(seen.listed.length, "concept")} that fit these filters. `,
      make("button", { class: "link", on: { click: () => go(null, "concepts") } }, "Show them in the list")] : ["Nothing fits these filters."]));
  }
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
  for (const [community, members] of grounds) {
    if (members.length < 4) continue;
    context.beginPath();
    for (const number of members) {
      const place = network.body.nodes[number];
      if (!place) continue;
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
  if (seen.around) { frameFocus(); return; }
  const main = seen.wanted.filter((number) => seen.drawn.has(number) && seen.linked.has(number));
  const box = [Infinity, -Infinity, Infinity, -Infinity];
  for (const number of main.length ? main : seen.drawn) {
    const { x, y } = { ...data.map.nodes[number], ...placed(number) };
    const { wide, high, name } = boxOf(number, seen.apart);
    widen(box, x, y + name / 2, wide / 2, high / 2);
  }
  if (seen.drawn.size) frame(box, { most: 1.4, animate });
}
function widen(box, x, y, half, tall) {
  box[0] = Math.min(box[0], x - half);
  box[1] = Math.max(box[1], x + half);
  box[2] = Math.min(box[2], y - tall);
  box[3] = Math.max(box[3], y + tall);
}
// All of a box clear of what lies over the picture; where it would be too small to read, its middle, the rest by dragging.
function frame([left, right, top, bottom], { least = 0, most, animate }) {
  resize();
  const canvas = byId("canvas").getBoundingClientRect();
  framed = canvas.width > 0;
  if (!framed) return;
  const cover = coverage(canvas);
  const high = canvas.height - cover.top - cover.bottom - 16;
  const scale = Math.max(least, Math.min(most, (canvas.width - cover.right - 24) / (right - left), high / (bottom - top)));
  const position = { x: (left + right) / 2, y: scale * (bottom - top) <= high + 1 ? (top + bottom) / 2 : 0 };
  network.moveTo({ position, scale, offset: { x: -cover.right / 2, y: (cover.top - cover.bottom) / 2 }, animation: animate ? pace(500) : false });
  if (!animate || still) draw();  // names follow the scale
}
// Width to height of the picture, whether the panel is open or not, so that closing it changes no place.
function screenShape() {
  const { width, height } = document.querySelector(".body").getBoundingClientRect();
  const filters = byId("filters");
  const beside = getComputedStyle(filters).position === "absolute" ? 0 : filters.offsetWidth;
  return Math.max(0.4, Math.min(2, (width - beside) / Math.max(1, height - 80)));
}
function coverage(canvas) {
  const panel = byId("panel").getBoundingClientRect();
  const over = !byId("panel").hidden && getComputedStyle(byId("panel")).position === "absolute";
  const line = byId("status").offsetHeight + 22;
  if (narrow.matches) return { right: 0, top: line, bottom: over ? Math.max(0, canvas.bottom - panel.top) : 16 };
  return { right: over ? Math.max(0, canvas.right - panel.left) : 0, top: 0, bottom: line };
}
let framed = false;  // a map that is hidden has no frame yet
let camera = null;  // where the whole map was left
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
network.on("click", ({ nodes: [node], pointer }) => {
  const plate = node === undefined ? plateAt(pointer.canvas) : { number: node };
  if (plate) go(plate.number); else if (state.focus !== null) go(null);
});
byId("canvas").addEventListener("mousemove", (event) => {
  if (seen.around) byId("canvas").style.cursor = hovered !== null || plateAt(network.DOMtoCanvas({ x: event.offsetX, y: event.offsetY })) ? "pointer" : "";
});
