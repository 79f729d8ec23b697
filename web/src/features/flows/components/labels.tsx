/** Labels as `key=value`, cut at the end of the line. */
export function Labels({ labels }: { labels: Record<string, string> }) {
	const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
	return (
		<span className="block truncate text-quiet" title={pairs.join("\n")}>
			{pairs.map((pair) => (
				<bdi key={pair} className="mr-1.5 rounded-sm border border-line px-1 font-mono text-small">
					{pair}
				</bdi>
			))}
		</span>
	);
}
