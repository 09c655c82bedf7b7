import { createRequire } from 'node:module';
import type * as Dagre from '@dagrejs/dagre' with { 'resolution-mode': 'import' };
import { Chain, crossings, Point, route, Row } from './routing';

// It has a file for `require`, and its types know nothing of it.
const { Graph, layout } = createRequire(__filename)('@dagrejs/dagre') as typeof Dagre;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Node extends Size {
  readonly id: string;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Of the label, if there is one. */
  readonly label?: Size;
  /** How much it matters that it is short and straight. */
  readonly weight?: number;
}

export interface Placed extends Size {
  /** Centres. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** In the order of the edges: the corners of the line, and the centre of the label. */
  readonly edges: { readonly points: Point[]; readonly label?: Point }[];
}

export const MARGIN = 20;

/** What a page shows without making it smaller. */
const PAGE_WIDTH = 900;

/** Layouts that are tried: what comes first decides what stands left, and no rule knows which order leads to the fewest crossings. */
const ATTEMPTS = 150;

/**
 * Gives every node its place and every edge its way, in layers from the top down. Ways are horizontal and vertical lines. Of many layouts
 * it takes the one with the fewest crossings and corners that is small.
 */
export function place(nodes: Node[], edges: Edge[]): Placed {
  let best: { placed: Placed; cost: number } | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const placed = attemptLayout(nodes, edges, attempt);
    const cost = costOf(placed);
    if (best === undefined || cost < best.cost) {
      best = { placed, cost };
    }
  }
  return best!.placed;
}

/** Pixels, where a crossing is as bad as so many of them, and a corner. */
function costOf({ width, height, edges }: Placed): number {
  const lines = edges.map(({ points }) => points);
  const length = lines.reduce((sum, line) => sum + lengthOf(line), 0);
  return crossings(lines) * 300 + lines.flatMap(corners).length * 25 + Math.max(0, width - PAGE_WIDTH) * 2 + width + height + length / 10;
}

function attemptLayout(nodes: Node[], edges: Edge[], seed: number): Placed {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ nodesep: 28, edgesep: 22, ranksep: 20 });
  shuffled(nodes, seed).forEach(({ id, width, height }) => graph.setNode(id, { width, height }));
  shuffled(edges.map((edge, index) => ({ edge, index })), seed).forEach(({ edge: { from, to, label, weight = 1 }, index }) =>
    graph.setEdge(from, to, { ...label ? { ...label, labelpos: 'c' } : {}, weight, minlen: 1 }, String(index)));
  layout(graph);

  const centres = new Map(nodes.map(({ id }) => [id, graph.node(id) as Point]));
  const chains: Chain[] = edges.map(({ from, to, label }, index) => {
    const { points, ...middle } = graph.edge(from, to, String(index)) as unknown as { points: Point[] } & Point;
    // The first and the last one lie on the borders of boxes.
    return { from, to, via: points.slice(1, -1), label: label && middle };
  });
  return route(nodes, centres, chains, rowsOf(nodes, edges, centres, chains), MARGIN);
}

/** The layers, from the top down: nodes or labels at the same height. */
function rowsOf(nodes: Node[], edges: Edge[], centres: ReadonlyMap<string, Point>, chains: Chain[]): Row[] {
  const heights = new Map<number, number>();
  const note = (y: number, height: number) => heights.set(y, Math.max(heights.get(y) ?? 0, height));
  nodes.forEach(({ id, height }) => note(centres.get(id)!.y, height));
  chains.forEach(({ label }, index) => label && note(label.y, edges[index].label!.height));
  return [...heights].sort(([a], [b]) => a - b).map(([y, height]) => ({ y, height }));
}

/** The first attempt takes them as they come. */
function shuffled<T>(items: T[], seed: number): T[] {
  const result = [...items];
  let state = seed * 2_654_435_761 % 4_294_967_296;
  for (let i = result.length - 1; i > 0 && seed > 0; i--) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    const j = Math.floor(state / 4_294_967_296 * (i + 1));
    [result[i], result[j]] = [result[j], result[i]];
  }
  return result;
}

function corners(line: Point[]): Point[] {
  return line.slice(1, -1);
}

function lengthOf(line: Point[]): number {
  return line.slice(1).reduce((sum, { x, y }, index) => sum + Math.abs(x - line[index].x) + Math.abs(y - line[index].y), 0);
}
