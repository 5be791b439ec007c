// The page's data, and small builders. What comes from articles is only ever set as text.

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
