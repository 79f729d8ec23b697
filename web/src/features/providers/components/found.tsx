import type { Outputs } from "../../../browser/api.ts";

/** What the issuer said of itself. */
export function Found({ found }: { found: Outputs["providers"]["test"] }) {
	const facts: [string, string][] = [
		["Issuer", found.issuer],
		["Sign-in page", found.authorization],
		["Tokens", found.token],
		["Keys", found.jwks],
		["Signs by", found.algorithm],
		["Secret by", found.method],
	];
	return (
		<section role="status" className="rounded-md border border-line bg-sunken px-3 py-2">
			<p className="mb-1 text-succeeded">The issuer answers, and can be used.</p>
			<dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3">
				{facts.map(([name, value]) => (
					<div key={name} className="contents">
						<dt className="text-quiet">{name}</dt>
						<dd className="break-all font-mono text-small/5">
							<bdi>{value}</bdi>
						</dd>
					</div>
				))}
			</dl>
		</section>
	);
}
