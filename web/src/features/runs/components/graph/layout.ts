/** Where the nodes of a graph lie, worked out by ELK in a worker: it takes seconds for large graphs, and a megabyte of code. */
import type { ELK, ElkNode } from "elkjs/lib/elk-api.js";
import ElkApi from "elkjs/lib/elk-api.js";
import type { Graph } from "./build.ts";
import { ELK_WORKER } from "./elk-worker.ts";

/** Of every node, whatever stands in it, so that a change of state moves nothing. */
export const NODE = { width: 196, height: 46 };

export type Layout = Map<string, { x: number; y: number }>;

let elk: ELK | undefined;

function engine(): ELK {
	// A file of ours: the content policy allows workers of the same origin only, and no code made from text.
	elk ??= new ElkApi({ workerFactory: () => new Worker(ELK_WORKER) });
	return elk;
}

/** Ends the worker. */
export function endLayouts(): void {
	elk?.terminateWorker();
	elk = undefined;
}

/** @param down from top to bottom, for narrow windows; else from left to right */
export async function layOut({ nodes, edges }: Graph, down: boolean): Promise<Layout> {
	const root: ElkNode = {
		id: "run",
		layoutOptions: {
			"elk.algorithm": "layered",
			"elk.direction": down ? "DOWN" : "RIGHT",
			"elk.layered.spacing.nodeNodeBetweenLayers": "48",
			"elk.spacing.nodeNode": "16",
			"elk.spacing.componentComponent": "24",
			// Tasks keep the order in which they were told, as far as their edges allow.
			"elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
			"elk.aspectRatio": down ? "0.6" : "2.2",
		},
		children: nodes.map(({ id }) => ({ id, ...NODE })),
		edges: edges.map(({ id, from, to }) => ({ id, sources: [from], targets: [to] })),
	};
	const placed = await engine().layout(root);
	return new Map((placed.children ?? []).map(({ id, x = 0, y = 0 }) => [id, { x, y }]));
}
