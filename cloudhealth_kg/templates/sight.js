// What is to be seen under the filters.

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
  const places = new Map([[centre, { x: 0, y: 0, side: 0 }]]);
  sides.forEach((members, side) => {
    const roomy = Math.min(54, Math.max(30, 560 / members.length));
    const tall = members.map((number) => Math.max(2 * data.map.nodes[number].size + 8, roomy));
    const sum = tall.reduce((all, one) => all + one, 0);
    let top = -sum / 2;
    members.forEach((number, row) => {
      const y = top + tall[row] / 2;
      const way = side ? 1 : -1;
      places.set(number, { x: way * (190 + sum / 10 - 60 * (y / (sum / 2)) ** 2), y, side: way });
      top += tall[row];
    });
  });
  return places;
}
