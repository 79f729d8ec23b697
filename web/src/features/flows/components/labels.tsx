/** Labels as `key=value`: as many as a line holds, each whole or cut inside its frame. */
export function Labels({ labels }: { labels: Record<string, string> }) {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
	return (
		<span className="flex h-5 flex-wrap gap-x-1.5 overflow-hidden text-quiet" title={pairs.join("\n")}>
			{pairs.map((pair) => (
				<bdi key={pair} className="h-5 max-w-full truncate rounded-sm border border-line px-1 font-mono text-small">
					{pair}
				</bdi>
			))}
		</span>
	);
}
