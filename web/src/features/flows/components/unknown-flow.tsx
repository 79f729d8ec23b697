"use client";
import { useQuery } from "@tanstack/react-query";
import { nearest } from "tidegate/protocol/nearest.ts";
import { trpc } from "../../../browser/api.ts";
import { useSession } from "../../../browser/session.tsx";
import { Link } from "../../../ui/link.tsx";
import { Trouble } from "../../../ui/trouble.tsx";

const SHOWN = 5;
const link = "text-accent underline underline-offset-2";

/** Names that may have been meant: the one with fewest typing errors, then those that hold what was asked for, or are held by it. */
function meant(wrong: string, names: string[]): string[] {
	const lower = wrong.toLowerCase();
	const close = nearest(wrong, names);
	const alike = names.filter((name) => name.toLowerCase().includes(lower) || lower.includes(name.toLowerCase()));
	return [...new Set([...(close ? [close] : []), ...alike])].slice(0, SHOWN);
}

export default function UnknownFlow({ name }: { name: string }) {
	const { workspace, workspaces } = useSession();
	const flows = useQuery(trpc.flows.list.queryOptions({ measured: 0 }));
	const shown = meant(
		name,
		(flows.data?.flows ?? []).map((flow) => flow.name),
	);
	return (
		<Trouble
			title={`There is no flow ${name.length > 100 ? `${name.slice(0, 100)}…` : name} here`}
			detail="It was never deployed to this workspace, or its name is spelled differently."
		>
			{shown.length > 0 && (
				<p>
					Did you mean{" "}
					{shown.map((one, at) => (
						<span key={one}>
							{at > 0 && ", "}
							<Link data-row href={`/flows/${encodeURIComponent(one)}`} className={link}>
								<bdi>{one}</bdi>
							</Link>
						</span>
					))}
					?
				</p>
			)}
			{workspaces.length > 1 && (
				<p className="text-quiet">
					You look at <bdi className="text-text">{workspace.name}</bdi>: another workspace is chosen at the top of the sidebar.
				</p>
			)}
			<Link href="/flows" className={link}>
				All flows
			</Link>
		</Trouble>
	);
}
