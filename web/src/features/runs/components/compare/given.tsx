"use client";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { Opened } from "../../../../browser/opened.ts";
import { useOpened } from "../../../../browser/opened.ts";
import { plural } from "../../../../ui/format.ts";
import { notOpen, SealedPanel } from "../../../../ui/lock.tsx";
import { useManifest, useVersion } from "../../../versions/components/version.ts";
import { usePlace } from "../place.ts";
import type { Run } from "../view.ts";
import { equal, pairs } from "./compare.ts";
import { Sides, Two } from "./sides.tsx";

/** What a run worked with: what it was given, and the defaults of its version for the rest. */
function useGiven(run: Run): Opened<Map<string, { value: unknown }>> {
	const place = usePlace(run);
	const version = useVersion(run.flow, run.number);
	const manifest = useManifest(run.flow, version.data);
	const given = useOpened(`parameters ${run.id}`, run.parameters, (openers, key, sealed) => openers.openParameters(key, place, fromBase64(sealed)));
	if (manifest.state !== "open") return manifest.state === "none" ? { state: "opening" } : manifest;
	if (given.state !== "open" && given.state !== "none") return given;
	const known = Object.entries(manifest.value.parameters.properties).map(
		([name, { default: value }]) => [name, { value: value as unknown }] as const,
	);
	const own = Object.entries(given.state === "open" ? given.value : {}).map(([name, value]) => [name, { value }] as const);
	return { state: "open", value: new Map([...known, ...own]) };
}

const show = (side: { value: unknown } | undefined): string => (side === undefined ? "—" : (JSON.stringify(side.value, null, 2) ?? "in the code"));

/** Parameters that differ; those that don't are counted. */
export function GivenDiff({ before, after }: { before: Run; after: Run }) {
	const [old, now] = [useGiven(before), useGiven(after)];
	if (old.state === "sealed" || now.state === "sealed") return <SealedPanel what="Parameters" />;
	if (old.state !== "open" || now.state !== "open") return notOpen(old) ?? notOpen(now);
	const all = pairs(old.value, now.value);
	const different = all.filter((pair) => !pair.before || !pair.after || !equal(pair.before.value, pair.after.value));
	const same = all.length - different.length;
	if (all.length === 0) return <p className="text-quiet">The flow takes no parameters.</p>;
	return (
		<>
			{different.length > 0 && (
				<Sides>
					{different.map((pair) => (
						<Two key={pair.name} name={pair.name} mono before={show(pair.before)} after={show(pair.after)} />
					))}
				</Sides>
			)}
			{same > 0 && (
				<p className="text-quiet">
					{different.length === 0
						? `All are the same: ${all.length}.`
						: `${plural(same, "parameter is", "parameters are")} the same: ${all
								.filter((pair) => !different.includes(pair))
								.map(({ name }) => name)
								.join(", ")}.`}
				</p>
			)}
		</>
	);
}
