/** A gate of bars, the tide line passing under it. */
export function Logo({ size = 22 }: { size?: number }) {
	return (
		<svg width={size} height={size} viewBox="0 0 24 24" fill="none" aria-hidden className="shrink-0">
			<path d="M5 3v11M9.7 3v9.5M14.3 3v11M19 3v9.5" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
			<path d="M2 19.5c2.2-2.6 4.6-2.6 6.7-.6s4.4 2 6.6-.1 4.5-2.1 6.700.3" stroke="var(--accent)" strokeWidth="2.4" strokeLinecap="round" />
		</svg>
	);
}
