"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type Outputs, trpc } from "../../../browser/api.ts";
import { Button } from "../../../ui/button.tsx";
import { count, size } from "../../../ui/format.ts";
import { Link } from "../../../ui/link.tsx";
import { notOpen } from "../../../ui/lock.tsx";
import { figures, head, row, rowCell, Table } from "../../../ui/table.tsx";
import { Ago } from "../../../ui/time.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { useManifest, useVersion } from "../../versions/components/version.ts";

type Version = Outputs["versions"]["list"]["versions"][number];

export function VersionsTable({ flow }: { flow: string }) {
	const versions = useInfiniteQuery(trpc.versions.list.infiniteQueryOptions({ flow }, { getNextPageParam: (page) => page.next ?? undefined }));
	const rows = versions.data?.pages.flatMap((page) => page.versions);
	if (!rows && versions.error)
		return <Trouble title="The versions can't be shown" detail={versions.error.message} again={() => void versions.refetch()} />;
	if (!rows) return <div className="ghost h-9" aria-busy="true" />;
	// Without git there is neither change nor commit.
	const git = rows.some(({ commit }) => commit);
	return (
		<>
			<Table
				heads={
					<>
						<th className={head}>Version</th>
						{git && <th className={`${head} w-full`}>Change</th>}
						<th className={`${head} ${git ? "" : "w-full"}`}>By</th>
						{git && <th className={head}>Commit</th>}
						<th className={`${head} ${figures}`}>Size</th>
						<th className={`${head} ${figures}`}>Files</th>
						<th className={`${head} ${figures}`}>Deployed</th>
					</>
				}
			>
				{rows.map((version) => (
					<Row key={version.id} flow={flow} version={version} git={git} />
				))}
			</Table>
			{versions.hasNextPage && (
				<div className="py-3">
					<Button disabled={versions.isFetchingNextPage} onClick={() => void versions.fetchNextPage()}>
						Load more
					</Button>
				</div>
			)}
		</>
	);
}

function Row({ flow, version, git }: { flow: string; version: Version; git: boolean }) {
	return (
		<tr className={`${row} max-sm:px-2`}>
			<td className={rowCell}>
				<Link
					data-row
					href={`/flows/${encodeURIComponent(flow)}/versions/${version.number}`}
					title="Files, and what changed"
					className="rounded-sm font-medium hover:text-accent"
				>
					v{version.number}
				</Link>
				{version.live && <span className="ml-2 rounded-sm bg-selected px-1.5 text-accent text-small">live</span>}
			</td>
			{git && (
				<td className={`${rowCell} max-w-0 truncate max-sm:order-last max-sm:w-full max-sm:max-w-full`}>
					<Change flow={flow} version={version} />
				</td>
			)}
			<td className={`${rowCell} ${git ? "max-w-40" : "max-w-0"} truncate text-quiet max-sm:max-w-40`}>
				<bdi title={version.createdBy}>{version.createdBy}</bdi>
			</td>
			{git && (
				<td className={`${rowCell} font-mono text-quiet text-small max-sm:hidden`}>
					{version.commit ? <span title={version.commit}>{version.commit.slice(0, 8)}</span> : "—"}
				</td>
			)}
			<td className={`${rowCell} ${figures} max-sm:order-last max-sm:basis-2/5 max-sm:text-start`}>{size(version.size)}</td>
			<td className={`${rowCell} ${figures} max-sm:order-last`}>
				{count(version.files)}
				<span className="sm:sr-only"> {version.files === 1 ? "file" : "files"}</span>
			</td>
			<td className={`${rowCell} ${figures} text-quiet max-sm:ml-auto`}>
				<Ago at={version.createdAt} />
			</td>
		</tr>
	);
}

/** The manifests of larger projects are not fetched for a line of text. */
const FEW = 500;

/** Branch and message of the commit: sealed. */
function Change({ flow, version }: { flow: string; version: Version }) {
	const whole = useVersion(flow, version.files <= FEW ? version.number : undefined);
	const manifest = useManifest(flow, whole.data);
	if (manifest.state === "none") return <None />;
	if (manifest.state !== "open") return notOpen(manifest);
	const { branch, message } = manifest.value;
	if (!branch && !message) return <None />;
	return (
		<span title={message ?? undefined}>
			{message && <bdi>{message.trim().split("\n")[0]}</bdi>} {branch && <bdi className="text-quiet">{branch}</bdi>}
		</span>
	);
}

const None = () => <span className="text-quiet max-sm:hidden">—</span>;
