/** Hints that runs or flows changed, as the page's one subscription hears them, for whatever else wants to know. */
export interface RunChange {
	/** Name. */
	flow: string | null;
	/** Null: the flow itself changed; both null: hints were lost for a moment, any run may have changed. */
	run: string | null;
}

const listeners = new Set<(change: RunChange) => void>();

export function runChanged(change: RunChange): void {
	for (const listener of listeners) listener(change);
}

export function onRunChange(listener: (change: RunChange) => void): () => void {
	listeners.add(listener);
	return () => void listeners.delete(listener);
}
