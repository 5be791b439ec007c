// A chosen concept amid its strongest neighbours, their names beside their signs.

const LETTER = 15, LINE = 18;
const brush = document.createElement("canvas").getContext("2d");
// How many neighbours come at first, how long a line of a name is, how wide the ring.
const room = () => (narrow.matches ? { first: 8, letters: 17, radius: 62 } : { first: 24, letters: 24, radius: 130 });

// A name on at most two lines.
function linesOf(label) {
  const { letters } = room();
  const lines = [];
  for (const word of label.split(/\s+/)) {
    const last = lines.length - 1;
    if (last >= 0 && (last > 0 || lines[last].length + word.length < letters)) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => (line.length > letters + 3 ? `${line.slice(0, letters + 2)}…` : line));
}

// Those linked with a concept, by direction, relation and who says it, each group the strongest first.
function neighboursOf(centre, links) {
  const key = (...parts) => parts.join(" ");
  const groups = new Map([false, true].flatMap((outwards) => Object.keys(HEADINGS).flatMap((relation) => [false, true]
    .map((guided) => [key(outwards, relation, guided), { outwards, members: [] }]))));
  const met = new Set([centre]);
  for (const read of [...links].sort(byStrength(centre))) {
    const other = end(read, centre);
    if (met.has(other)) continue;
    met.add(other);
    groups.get(key(read.statement.from === centre, read.statement.relation, read.how === "guidance")).members.push(other);
  }
  return [...groups.values()].filter((group) => group.members.length > 0);
}

// Each group's strongest in turn, up to `limit`, left and right of the centre. What leads to it stands on the left
// and what it leads to on the right; where that would crowd one side, the groups are dealt to both.
function placesAround(centre, links, limit) {
  const groups = neighboursOf(centre, links);
  const turns = groups.flatMap(({ members }) => members.map((number, turn) => ({ number, turn }))).sort((a, b) => a.turn - b.turn);
  const near = new Set(turns.slice(0, limit).map(({ number }) => number));
  const row = [], bounds = [];
  let inwards = 0;
  for (const { outwards, members } of groups) {
    row.push(...members.filter((number) => near.has(number)));
    bounds.push(row.length);
    if (!outwards) inwards = row.length;
  }
  const off = (cut) => Math.abs(cut - row.length / 2);
  const cut = row.length < 2 ? inwards
    : [inwards, ...bounds.sort((a, b) => off(a) - off(b)), Math.ceil(row.length / 2)].find((place) => 3 * Math.min(place, row.length - place) >= row.length);
  const places = new Map([[centre, { x: 0, y: 0, side: 0 }]]);
  brush.font = `${LETTER}px ${getComputedStyle(document.body).fontFamily}`;
  for (const [side, members] of [[-1, row.slice(0, cut)], [1, row.slice(cut)]]) {
    const names = members.map((number) => linesOf(concepts[number].label));
    const tall = members.map((number, place) => Math.max(2 * data.map.nodes[number].size, names[place].length * LINE, Math.min(52, 420 / members.length)) + 10);
    const sum = tall.reduce((all, one) => all + one, 0);
    let top = -sum / 2;
    members.forEach((number, place) => {
      const y = top + tall[place] / 2;
      const x = side * (room().radius + sum / 9) * Math.sqrt(1 - (y / (sum * 0.57)) ** 2);
      const width = Math.max(...names[place].map((line) => brush.measureText(line).width));
      places.set(number, { x, y, side, lines: names[place], width });
      top += tall[place];
    });
  }
  return { places, many: turns.length };
}

const plates = [];
network.on("afterDrawing", (context) => {
  plates.length = 0;
  if (!seen.around) return;
  const near = hovered !== null ? nearby(hovered) : null;
  context.textBaseline = "middle";
  context.font = `${LETTER}px ${getComputedStyle(document.body).fontFamily}`;
  for (const [number, { x, y, side, lines, width }] of seen.around) {
    if (!side) continue;
    const from = x + side * (data.map.nodes[number].size + 7);
    context.textAlign = side < 0 ? "right" : "left";
    context.fillStyle = near === null || near.has(number) ? palette.ink : palette.faint;
    lines.forEach((line, place) => context.fillText(line, from, y + 1 + (place - (lines.length - 1) / 2) * LINE));
    plates.push({ number, left: side < 0 ? from - width : from, right: side < 0 ? from : from + width, y, half: lines.length * LINE / 2 });
  }
});
const plateAt = ({ x, y }) => plates.find((plate) => x >= plate.left && x <= plate.right && Math.abs(y - plate.y) < plate.half);

function frameFocus() {
  const box = [-90, 90, -40, 70];
  for (const [number, { x, y, side, width = 0 }] of seen.around) widen(box, x + side * (width + data.map.nodes[number].size + 7), y, 0, 24);
  frame(box, { least: narrow.matches ? 0.62 : 0.72, most: 1.15 });
}
