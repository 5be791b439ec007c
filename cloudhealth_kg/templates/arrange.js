// Places anew for a few concepts that the map has far apart, or that a telephone shows alone: linked ones close,
// no name on another, in the shape of the screen.

const FEW = 300, SCATTERED = 4.5, ROUNDS = 140, PASSES = 120, DENSITY = 0.36;
// Letters that can still be read when a few concepts fill the picture.
const letterIn = (number, apart) => Math.max(data.map.nodes[number].font.size, apart ? (narrow.matches ? 21 : 15) : 0);
function boxOf(number, apart) {
  const { label, size } = data.map.nodes[number];
  const lines = label.split("\n"), letter = letterIn(number, apart);
  const name = lines.length * letter * 1.2;
  return { wide: Math.max(2 * size, ...lines.map((line) => line.length * letter * 0.58)), high: 2 * size + name, name };
}
function scattered(numbers) {
  if (numbers.length < 2 || numbers.length > FEW) return false;
  const at = numbers.map((number) => data.map.nodes[number]), boxes = numbers.map((number) => boxOf(number, true));
  const span = (axis, side) => Math.max(...at.map((node, place) => node[axis] + boxes[place][side] / 2)) - Math.min(...at.map((node, place) => node[axis] - boxes[place][side] / 2));
  return span("x", "wide") * span("y", "high") > SCATTERED * boxes.reduce((sum, { wide, high }) => sum + wide * high, 0);
}
function arrange(numbers, readings, shape) {
  const place = new Map(numbers.map((number, index) => [number, index]));
  const boxes = numbers.map((number) => boxOf(number, true));
  const area = boxes.reduce((sum, { wide, high }) => sum + wide * high, 0);
  const length = Math.sqrt(area / Math.max(1, numbers.length)) * 1.15;
  const links = readings.map(({ statement }) => [place.get(statement.from), place.get(statement.to)]).filter(([a, b]) => a !== undefined && b !== undefined && a !== b);
  // From a spiral, the most important in the middle, by the forces of Fruchterman and Reingold.
  const x = numbers.map((_, index) => Math.sqrt(index + 0.5) * Math.cos(index * 2.4) * length * 0.5);
  const y = numbers.map((_, index) => Math.sqrt(index + 0.5) * Math.sin(index * 2.4) * length * 0.5);
  for (let round = 0; round < ROUNDS; round += 1) {
    const fx = x.map((value) => -0.2 * value), fy = y.map((value) => -0.2 * value);
    const pull = (a, b, strength) => {
      const dx = (x[b] - x[a]) * strength, dy = (y[b] - y[a]) * strength;
      fx[a] += dx; fy[a] += dy; fx[b] -= dx; fy[b] -= dy;
    };
    for (let a = 0; a < x.length; a += 1) for (let b = a + 1; b < x.length; b += 1) pull(a, b, -(length ** 2) / Math.max(1, (x[b] - x[a]) ** 2 + (y[b] - y[a]) ** 2));
    for (const [a, b] of links) pull(a, b, Math.hypot(x[b] - x[a], y[b] - y[a]) / length);
    const heat = length * (1 - round / ROUNDS);
    fx.forEach((force, index) => {
      const share = Math.min(1, heat / Math.max(1e-9, Math.hypot(force, fy[index])));
      x[index] += force * share;
      y[index] += fy[index] * share;
    });
  }
  // Into the shape of the screen, then apart where names would touch.
  const across = (values) => Math.max(1, Math.max(...values) - Math.min(...values));
  const [h, v] = (across(x) > across(y)) === (shape > 1) ? [x, y] : [y, x];
  const width = Math.sqrt(area / DENSITY * shape);
  const at = h.map((_, index) => [0, index]);
  for (const [axis, values, reach] of [[0, h, width], [1, v, width / shape]]) {
    // Half by distance, half by rank, which opens what is crowded and closes what is empty.
    const low = Math.min(...values), rank = [...values.keys()].sort((a, b) => values[a] - values[b]);
    rank.forEach((index, place) => { at[index][axis] = reach / 2 * ((values[index] - low) / across(values) + place / Math.max(1, rank.length - 1)); });
  }
  for (let pass = 0, hit = true; hit && pass < PASSES; pass += 1) {
    hit = false;
    for (let a = 0; a < at.length; a += 1) {
      for (let b = a + 1; b < at.length; b += 1) {
        const dx = at[b][0] - at[a][0], dy = at[b][1] - at[a][1];
        const overX = (boxes[a].wide + boxes[b].wide) / 2 + 12 - Math.abs(dx), overY = (boxes[a].high + boxes[b].high) / 2 + 10 - Math.abs(dy);
        if (overX < 0.5 || overY < 0.5) continue;
        hit = true;
        const axis = overX < overY ? 0 : 1;
        const shift = (axis ? overY : overX) * 0.5 * ((axis ? dy : dx) < 0 ? -1 : 1);
        at[a][axis] -= shift;
        at[b][axis] += shift;
      }
    }
  }
  return new Map(numbers.map((number, index) => [number, { x: at[index][0], y: at[index][1] - boxes[index].name / 2 }]));
}
