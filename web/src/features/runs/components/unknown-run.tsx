"use client";
import { useQuery } from "@tanstack/react-query";
import { nearest } from "tidegate/protocol/nearest.ts";
import { trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { shortId } from "../../../ui/format.ts";
import { Link } from "../../../ui/link.tsx";
import { StateWord } from "../../../ui/state.tsx";
import { Ago } from "../../../ui/time.tsx";
import { Trouble } from "../../../ui/trouble.tsx";

const LOOKED = 200;
const SHOWN = 5;

/** An id that leads nowhere: what may have been meant, and where else it may be. */
export default function UnknownRun({ id }: { id: string }) {
	const { workspace, workspaces } = useSession();
	const runs = useQuery(trpc.runs.list.queryOptions({ limit: LOOKED })).data?.runs ?? [];
	const wanted = id.toLowerCase();
	const alike = runs.filter((run) => wanted.length >= 4 && (run.id.endsWith(wanted) || run.id.startsWith(wanted)));
	const close = nearest(
		wanted,
		runs.map((run) => run.id),
	);
	const meant = alike.length > 0 ? alike : runs.filter((run) => run.id === close);
	const shown = (meant.length > 0 ? meant : runs).slice(0, SHOWN);
	return (
		<Trouble title="There is no such run here" detail={`No run of this workspace has the id ${id.length > 200 ? `${id.slice(0, 200)}…` : id}.`}>
			{workspaces.length > 1 && (
				<p className="text-quiet">
					You look at <bdi className="text-text">{workspace.name}</bdi>. If it was of another workspace, switch at the top of the sidebar and open the
					link again.
				</p>
			)}
			{shown.length > 0 && (
				<>
					<h2 className="font-medium">{meant.length > 0 ? "Did you mean" : "The last runs here"}</h2>
					<ul className="w-full border-line border-t">
						{shown.map((run) => (
							<li key={run.id} className="relative flex items-center gap-3 border-line border-b py-2 hover:bg-selected">
								<StateWord state={run.state} />
								<Link data-row href={`/runs/${run.id}`} className="min-w-0 flex-1 truncate after:absolute after:inset-0 after:content-['']">
									<bdi>{run.flow}</bdi> <span className="font-mono text-small">{shortId(run.id)}</span>
								</Link>
								<span className="text-quiet">
									<Ago at={run.queuedAt} />
								</span>
							</li>
						))}
					</ul>
				</>
			)}
			<Link href="/runs" className="text-accent underline underline-offset-2">
				All runs
			</Link>
		</Trouble>
	);
}
