// What is to be seen under the filters.

const state = {
  view: "map", focus: null, near: Infinity, limit: null,
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
  const bearing = how === "denied" ? passages : support;
  const articles = new Set(bearing.map((passage) => passage.article)).size;
  return { statement, passages, how, articles: how === "denied" ? 0 : articles, tally: how === "guidance" ? statement.guidance.length : articles,
    confidence: Math.max(0, ...bearing.map((passage) => passage.confidence)), hidden: statement.evidence.length - passages.length };
}
function howShown(read) {
  if (read.how === "asserted") return true;
  if (read.how === "hedged") return state.hedged || (state.guidance && read.statement.guidance.length > 0);
  if (read.how === "denied") return state.denied;
  return read.how === "guidance" && state.guidance;
}
const end = (read, centre) => (read.statement.from === centre ? read.statement.to : read.statement.from);
// What articles say before what guidance alone says; by articles (or sources), guidance agreeing, confidence, name.
const byStrength = (centre) => (a, b) => (a.how === "guidance") - (b.how === "guidance") || b.tally - a.tally
  || (b.statement.guidance.length > 0) - (a.statement.guidance.length > 0) || b.confidence - a.confidence
  || concepts[end(a, centre)].label.localeCompare(concepts[end(b, centre)].label, "en");
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
  const whole = new Set(wanted.slice(0, state.limit ?? (narrow.matches ? 28 : data.drawn)));
  let drawn = whole, edges = shown, around = null, many = 0;
  if (state.focus !== null) {
    edges = shown.filter((read) => read.statement.from === state.focus || read.statement.to === state.focus);
    ({ places: around, many } = placesAround(state.focus, edges, state.near));
    drawn = new Set(around.keys());
  }
  edges = edges.filter((read) => drawn.has(read.statement.from) && drawn.has(read.statement.to));
  // A few that the map has far apart are drawn together, and so are the few that a telephone begins with.
  const apart = around === null && drawn.size > 0 && (narrow.matches ? state.limit === null : narrowed() && scattered([...drawn]))
    ? arrange([...drawn], edges, screenShape()) : null;
  seen = { readings, shown, linked, listed, wanted, whole, drawn, edges, around, many, apart };
}
