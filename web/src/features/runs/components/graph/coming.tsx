/** Of the graph's frame, with a layout in it or without. */
export const FRAME = "graph relative h-[max(320px,60dvh)] overflow-hidden rounded-md border border-line";

/** In the frame until there is a layout: a large graph takes seconds. */
export function LayingOut() {
	return (
		<p role="status" className="soon absolute inset-0 grid place-items-center p-4 text-quiet">
			The graph is being laid out…
		</p>
	);
}

/** As large as the graph, under the line that tells how many nodes it has, while its code is fetched. */
export function GraphComing() {
	return (
		<div className="flex min-w-0 flex-col gap-2">
			<div className="h-7" />
			<div className={FRAME} aria-busy="true">
				<LayingOut />
			</div>
		</div>
	);
}
