/** Ways of horizontal and vertical lines through a layout of layers. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A layer of a layout: where its centre was, and how high it is. */
export interface Row {
  readonly y: number;
  readonly height: number;
}

/** An edge that passes one point in every layer between its two nodes. */
export interface Chain {
  readonly from: string;
  readonly to: string;
  readonly via: Point[];
  readonly label?: Point;
}

interface Box {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** The part of a way between two layers that lie next to each other. */
interface Crossing {
  readonly chain: number;
  /** Of the upper of the two layers. */
  readonly row: number;
  readonly top: number;
  readonly bottom: number;
}

/** From a line to the next one that runs beside it. */
const LANE = 12;
/** From a box to the first lane below it, and from the last one to the next box: an arrow head has to fit in. */
const BEFORE_LANES = 13;
const AFTER_LANES = 19;
/** From a line that meets a box to the next one. */
const PORT = 18;
/** So far a line may be moved to be straight. */
const NEAR = 30;
/** No line meets a box nearer to its corner. */
const CORNER = 12;

/**
 * Leaves columns as they are and finds the heights anew: between two layers there is room for as many lanes as lines lie there side by
 * side. A line leaves a box at its lower or upper side, one apart from the other.
 */
export function route(boxes: Box[], at: ReadonlyMap<string, Point>, chains: Chain[], rows: Row[], margin: number) {
  const rowOf = (y: number) => rows.findIndex((row) => Math.abs(row.y - y) < 1);
  const columns = chains.map(({ via }) => via.filter(({ y }) => rowOf(y) >= 0));
  // Where an edge passes no layer, what the layout made of it says where it might meet both boxes.
  const hints = chains.map(({ via }, index) => columns[index].length > 0 ? columns[index] : [via[Math.floor(via.length / 2)]]);
  const ports = portsOf(boxes, at, chains.map((chain, index) => ({ ...chain, via: hints[index] })));
  const stops = straighten(chains.map(({ from, to }, index) => [
    { x: ports.get(`${index} from`)!, row: rowOf(at.get(from)!.y) },
    ...columns[index].map(({ x, y }) => ({ x, row: rowOf(y) })),
    { x: ports.get(`${index} to`)!, row: rowOf(at.get(to)!.y) },
  ]), boxes.map(({ id, width }) => ({ row: rowOf(at.get(id)!.y), x: at.get(id)!.x, half: width / 2 })));

  const parts: Crossing[] = stops.flatMap((stop, chain) => stop.slice(1).map((here, i) => {
    const before = stop[i];
    const [upper, lower] = before.row < here.row ? [before, here] : [here, before];
    return { chain, row: upper.row, top: upper.x, bottom: lower.x };
  }));
  const lanes = rows.map((_, row) => lanesOf(parts.filter((part) => part.row === row && Math.abs(part.top - part.bottom) > 0.5)));

  const centres: number[] = [];
  const channels: number[] = [];
  let y = margin;
  rows.forEach(({ height }, row) => {
    centres.push(y + height / 2);
    y += height;
    channels.push(y);
    const count = Math.max(1, ...[...lanes[row].values()].map((lane) => lane + 1));
    y += BEFORE_LANES + (count - 1) * LANE + AFTER_LANES;
  });

  const left = Math.min(...boxes.map(({ id, width }) => at.get(id)!.x - width / 2), ...stops.flat().map(({ x }) => x)) - margin;
  const right = Math.max(...boxes.map(({ id, width }) => at.get(id)!.x + width / 2), ...stops.flat().map(({ x }) => x)) + margin;
  const half = new Map(boxes.map(({ id, height }) => [id, height / 2]));
  const shift = (point: Point) => ({ x: point.x - left, y: point.y });

  const edges = chains.map(({ from, to, label }, chain) => {
    const stop = stops[chain];
    const down = stop[0].row < stop[1].row;
    const border = (id: string, row: number, isUpper: boolean) => centres[row] + half.get(id)! * (isUpper ? 1 : -1);
    const points: Point[] = [{ x: stop[0].x, y: border(from, stop[0].row, down) }];
    stop.slice(1).forEach((here, i) => {
      const before = stop[i];
      const row = Math.min(before.row, here.row);
      const part = parts.find((candidate) => candidate.chain === chain && candidate.row === row)!;
      const lane = lanes[row].get(part);
      if (lane !== undefined) {
        const height = channels[row] + BEFORE_LANES + lane * LANE;
        points.push({ x: before.x, y: height }, { x: here.x, y: height });
      }
    });
    const end = stop.at(-1)!;
    points.push({ x: end.x, y: border(to, end.row, stop.at(-2)!.row > end.row) });
    const labelRow = label && rowOf(label.y);
    const labelX = label && stop.find(({ row }) => row === labelRow)!.x;
    return { points: points.map(shift), label: label && shift({ x: labelX!, y: centres[labelRow!] }) };
  });
  return {
    width: right - left,
    height: channels.at(-1)! + margin,
    nodes: new Map(boxes.map(({ id }) => [id, shift({ x: at.get(id)!.x, y: centres[rowOf(at.get(id)!.y)] })])),
    edges,
  };
}

/** Where lines meet boxes: below the point that they come from, where there is room. By index of the edge, and end. */
function portsOf(boxes: Box[], at: ReadonlyMap<string, Point>, chains: Chain[]): Map<string, number> {
  const ports = new Map<string, number>();
  for (const { id, width } of boxes) {
    const { x, y } = at.get(id)!;
    const ends = chains.flatMap(({ from, to, via }, index) => [
      ...from === id ? [{ key: `${index} from`, next: via[0] }] : [],
      ...to === id ? [{ key: `${index} to`, next: via.at(-1)! }] : [],
    ]);
    for (const side of [ends.filter(({ next }) => next.y < y), ends.filter(({ next }) => next.y > y)]) {
      const sorted = side.sort((a, b) => a.next.x - b.next.x);
      const room = width / 2 - CORNER;
      const wanted = sorted.map(({ next }) => Math.min(x + room, Math.max(x - room, next.x)));
      spread(wanted, x - room, x + room).forEach((port, index) => ports.set(sorted[index].key, port));
    }
  }
  return ports;
}

/** Where a line passes a layer, or meets a box of it. */
interface Stop {
  readonly row: number;
  x: number;
}

/** Takes small steps out of lines: each point moves below the one before it, if nothing else is in its way there. */
function straighten(stops: Stop[][], boxes: { readonly row: number; readonly x: number; readonly half: number }[]): Stop[][] {
  const result = stops.map((stop) => stop.map((point) => ({ ...point })));
  const all = result.flat();
  const isEnd = new Set(result.flatMap((stop) => [stop[0], stop.at(-1)!]));
  const move = (point: Stop, x: number) => {
    if (point.x === x || Math.abs(point.x - x) > NEAR) {
      return;
    }
    const others = all.filter((other) => other !== point && other.row === point.row && Math.abs(other.x - x) < PORT);
    const inBox = boxes.find((box) => box.row === point.row && Math.abs(box.x - x) < box.half + CORNER);
    const staysOnBox = inBox !== undefined && Math.abs(inBox.x - point.x) < inBox.half && Math.abs(inBox.x - x) <= inBox.half - CORNER;
    if (others.length === 0 && (isEnd.has(point) ? staysOnBox : !inBox)) {
      point.x = x;
    }
  };
  for (const stop of result) {
    stop.slice(1).forEach((point, i) => move(point, stop[i].x));
    stop.slice(0, -1).reverse().forEach((point, i) => move(point, stop[stop.length - 1 - i].x));
  }
  return result;
}

/** Moves sorted numbers apart as little as it can, within bounds. */
function spread(sorted: number[], least: number, most: number): number[] {
  const gap = Math.min(PORT, (most - least) / Math.max(1, sorted.length - 1));
  const result = [...sorted];
  for (let i = 1; i < result.length; i++) {
    result[i] = Math.max(result[i], result[i - 1] + gap);
  }
  for (let i = result.length - 1; i >= 0; i--) {
    result[i] = Math.min(result[i], most - gap * (result.length - 1 - i));
  }
  return result;
}

/** Gives lines between two layers their lanes, from the top down: in the order in which they cross the fewest others. */
function lanesOf(parts: Crossing[]): Map<Crossing, number> {
  const order = [...parts].sort((a, b) => a.top - b.top);
  // Whether two cross more often if the first lies above the second than the other way round.
  const isWorse = (a: Crossing, b: Crossing) => cost(a, b) > cost(b, a);
  for (let round = 0; round < order.length; round++) {
    for (let i = 1; i < order.length; i++) {
      if (isWorse(order[i - 1], order[i])) {
        [order[i - 1], order[i]] = [order[i], order[i - 1]];
      }
    }
  }
  const lanes = new Map<Crossing, number>();
  for (const part of order) {
    const above = [...lanes].filter(([other]) => overlap(other, part)).map(([, lane]) => lane);
    lanes.set(part, above.length > 0 ? Math.max(...above) + 1 : 0);
  }
  return lanes;
}

function overlap(a: Crossing, b: Crossing): boolean {
  const [leftA, rightA, leftB, rightB] = [Math.min(a.top, a.bottom), Math.max(a.top, a.bottom), Math.min(b.top, b.bottom), Math.max(b.top, b.bottom)];
  return leftA - 8 < rightB && leftB - 8 < rightA;
}

/** How often two cross if the first lies above the second: its lower end passes the other's line, the other's upper end passes its line. */
function cost(above: Crossing, below: Crossing): number {
  const within = (x: number, part: Crossing) => x >= Math.min(part.top, part.bottom) && x <= Math.max(part.top, part.bottom);
  return Number(within(above.bottom, below)) + Number(within(below.top, above));
}

/** How many pairs of horizontal and vertical lines of different ways cross. */
export function crossings(lines: Point[][]): number {
  const segments = lines.flatMap((line, index) => line.slice(1).map((to, i) => ({ index, from: line[i], to })));
  const horizontal = segments.filter(({ from, to }) => from.y === to.y);
  const vertical = segments.filter(({ from, to }) => from.x === to.x);
  return horizontal.reduce((sum, h) => sum + vertical.filter((v) => v.index !== h.index
    && v.from.x > Math.min(h.from.x, h.to.x) && v.from.x < Math.max(h.from.x, h.to.x)
    && h.from.y > Math.min(v.from.y, v.to.y) && h.from.y < Math.max(v.from.y, v.to.y)).length, 0);
}

/** A line through points, with round corners. */
export function rounded(points: Point[], radius = 8): string {
  const parts = [`M${written(points[0])}`];
  points.slice(1, -1).forEach((corner, i) => {
    const [before, after] = [points[i], points[i + 2]];
    const r = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    parts.push(`L${written(towards(corner, before, r))}`, `Q${written(corner)} ${written(towards(corner, after, r))}`);
  });
  return `${parts.join('')}L${written(points.at(-1)!)}`;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function towards(from: Point, to: Point, length: number): Point {
  const part = length / (distance(from, to) || 1);
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function written({ x, y }: Point): string {
  return `${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
}
