/** Tasks as a graph: each map one node, edges from who used whose result. Pure. */

import { groupsBy, type Shares, type TaskGroup } from "../timeline/rows.ts";
import type { RunView, Task } from "../view.ts";

export interface GraphNode {
	/** What `?task=` says: a task's id, a map's, or `fn:NAME`. */
	id: string;
	/** One task, or several as one. */
	task: Task | undefined;
	group: TaskGroup;
	shares: Shares;
}

export interface GraphEdge {
	id: string;
	from: string;
	to: string;
}

export interface Graph {
	nodes: GraphNode[];
	edges: GraphEdge[];
	/** The same for graphs that may lie in the same way. */
	structure: string;
}

/** Nodes that can still be told apart, and laid out in a second or two. */
export const MAX_NODES = 1_500;
/** Edges beyond this are too many for the same. */
export const MAX_EDGES = 6_000;

export const byFunction = (fn: string): string => `fn:${fn}`;

/** @param collapsed all tasks of a function are one node */
export function buildGraph(tasks: RunView["tasks"], collapsed: boolean): Graph {
	const nodeOf = (task: Task): string => (collapsed ? byFunction(task.fn) : (task.map ?? task.task));
	const groups = groupsBy(tasks.values(), nodeOf);
	const nodes = [...groups.values()].map((group): GraphNode => {
		const alone = group.tasks.length === 1 && !group.tasks[0]?.map && !collapsed;
		return { id: group.id, task: alone ? group.tasks[0] : undefined, group, shares: group.shares };
	});
	const edges = new Map<string, GraphEdge>();
	for (const task of tasks.values()) {
		const to = nodeOf(task);
		for (const id of task.parents) {
			const parent = tasks.get(id);
			if (!parent) continue;
			const from = nodeOf(parent);
			const edge = `${from} ${to}`;
			if (from !== to && !edges.has(edge)) edges.set(edge, { id: edge, from, to });
		}
	}
	return { nodes, edges: [...edges.values()], structure: digest([...groups.keys(), ...edges.keys()]) };
}

/** Short and good enough to see that something changed (FNV-1a). */
function digest(ids: string[]): string {
	let hash = 0x811c9dc5;
	for (const id of ids) for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
	return `${ids.length}.${hash >>> 0}`;
}

/** Whether a graph can be drawn as it is. */
export const fits = ({ nodes, edges }: Graph): boolean => nodes.length <= MAX_NODES && edges.length <= MAX_EDGES;
