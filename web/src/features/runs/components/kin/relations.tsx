"use client";
import type { ReactNode } from "react";
import { hrefWith, useAddress } from "../../../../browser/address.ts";
import { count, plural, shortId } from "../../../../ui/format.ts";
import { Link } from "../../../../ui/link.tsx";
import { StateGlyph } from "../../../../ui/state.tsx";
import { HereLink } from "../here-link.tsx";
import type { RunView } from "../view.ts";
import { childrenOver } from "../waiting-for.ts";

/** Of the runs that go on from this one. */
const MOST = 3;

export function RunLink({ id, children }: { id: string; children?: ReactNode }) {
	return (
		<Link href={`/runs/${id}`} title={id} className="inline-flex items-center gap-1 rounded-sm text-accent underline-offset-2 hover:underline">
			{children}
			<span className="font-mono text-small/5">{shortId(id)}</span>
		</Link>
	);
}

/** The other runs that this one belongs to or comes from, each a link. Nothing where it stands alone. */
export function Relations({ view: { run, kin } }: { view: RunView }) {
	const [search] = useAddress();
	const { parent, resumes, resumedBy, hook } = kin;
	const { over, all } = childrenOver(kin);
	const hooks = kin.children.filter((child) => child.hook).length;
	const told = [
		hook && parent && (
			<>
				its {hook} hook, of <RunLink id={parent.id} />
			</>
		),
		!hook && parent && (
			<>
				{kin.step === null ? "child of" : "one task of"} <RunLink id={parent.id} />
				{parent.task && (
					<Link
						href={`/runs/${parent.id}${hrefWith(new URLSearchParams(), { task: parent.task })}`}
						className="ml-1.5 rounded-sm text-quiet underline-offset-2 hover:underline"
					>
						where it waits
					</Link>
				)}
				{parent.detached && ", detached"}
			</>
		),
		resumes && (
			<>
				resumed from <RunLink id={resumes.run} />
				{resumes.changed === "keep" && ", keeping changed code's results"}
			</>
		),
		resumedBy.length > 0 && (
			<>
				gone on from by{" "}
				{resumedBy.slice(0, MOST).map((one) => (
					<RunLink key={one.id} id={one.id}>
						<StateGlyph state={one.state} size={12} />
					</RunLink>
				))}
				{resumedBy.length > MOST && ` and ${count(resumedBy.length - MOST)} more`}
			</>
		),
		all > 0 && (
			<HereLink search={search} changes={{ tab: "children" }}>
				{hooks > 0 && hooks === all ? plural(hooks, "hook") : plural(all - hooks, "child run")}
				{hooks > 0 && hooks < all && ` and ${plural(hooks, "hook")}`}
				{over < all && `, ${count(over)} ended`}
			</HereLink>
		),
		kin.refresh && "without cached results",
		kin.store && !kin.store.reachable && !run.finishedAt && (
			<span className="text-waiting">no agent that takes work reaches its store {kin.store.id.slice(0, 8)}</span>
		),
	].filter(Boolean);
	if (told.length === 0) return null;
	return (
		<ul aria-label="Other runs" className="flex min-w-0 flex-wrap gap-x-4 gap-y-0.5 text-quiet">
			{told.map((one, at) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: they stand in one order
				<li key={at} className="flex min-w-0 flex-wrap items-center gap-x-1.5">
					{one}
				</li>
			))}
		</ul>
	);
}
