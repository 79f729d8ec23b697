"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useAddress } from "../../../browser/address.ts";
import { trpc } from "../../../browser/api.ts";
import { useMay } from "../../../browser/may.ts";
import { useTyped } from "../../../browser/typed.ts";
import { Button } from "../../../ui/button.tsx";
import { clock, exact, moment, plural } from "../../../ui/format.ts";
import { Link } from "../../../ui/link.tsx";
import { Search } from "../../../ui/search.tsx";
import { SettingsPage } from "../../../ui/settings.tsx";
import { head, row, rowCell, Table } from "../../../ui/table.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { about, DID, details, type Entry, TOPICS } from "./words.ts";

const DAY = 86_400;
const SPANS = [
	{ value: "1d", name: "Last 24 hours", seconds: DAY },
	{ value: "7d", name: "Last 7 days", seconds: 7 * DAY },
	{ value: "30d", name: "Last 30 days", seconds: 30 * DAY },
	{ value: "1y", name: "Last year", seconds: 366 * DAY },
];

const field = "h-7 max-w-48 rounded-md border border-line bg-raised px-2 hover:border-line-strong";

export function AuditPage() {
	const { may, why } = useMay("members");
	return (
		<SettingsPage section="Audit log">
			<h1 className="sr-only">Audit log</h1>
			{may ? <Log /> : <p className="max-w-[72ch] py-2">{why} Who did what in this workspace is shown to owners and admins.</p>}
		</SettingsPage>
	);
}

function Log() {
	const [search, change] = useAddress();
	const [text, type] = useTyped("q");
	const words = useDeferredValue(search.get("q") ?? "")
		.trim()
		.slice(0, 200);
	const topic = Object.keys(TOPICS).find((one): one is keyof typeof TOPICS => one === search.get("about"));
	const within = SPANS.find(({ value }) => value === search.get("since"))?.seconds;
	const log = useInfiniteQuery(
		trpc.audit.list.infiniteQueryOptions(
			{ text: words || undefined, topic, within },
			{ getNextPageParam: (page) => page.next ?? undefined, placeholderData: (before) => before },
		),
	);
	const entries = log.data?.pages.flatMap((page) => page.entries);
	const back = log.data?.pages.at(-1)?.back;
	const filtered = words !== "" || topic !== undefined || within !== undefined;
	return (
		<>
			<div className="mb-3 flex flex-wrap items-center gap-2">
				<Search label="Find who or what" value={text} onChange={type} maxLength={200} className="max-sm:w-full" />
				<select aria-label="About" value={topic ?? ""} onChange={({ target }) => change({ about: target.value || null })} className={field}>
					<option value="">About everything</option>
					{Object.entries(TOPICS).map(([value, name]) => (
						<option key={value} value={value}>
							{name}
						</option>
					))}
				</select>
				<select
					aria-label="Time"
					value={search.get("since") ?? ""}
					onChange={({ target }) => change({ since: target.value || null })}
					className={field}
				>
					<option value="">Any time</option>
					{SPANS.map(({ value, name }) => (
						<option key={value} value={value}>
							{name}
						</option>
					))}
				</select>
			</div>
			{!entries && log.error && <Trouble title="The audit log can't be shown" detail={log.error.message} again={() => void log.refetch()} />}
			{!entries && !log.error && <div className="ghost h-9" aria-busy="true" />}
			{entries && entries.length > 0 && <Entries entries={entries} />}
			{entries?.length === 0 && !log.hasNextPage && (
				<p className="py-6 text-quiet">{filtered ? "Nothing in the log matches this filter." : "Nothing was done in this workspace yet."}</p>
			)}
			{entries && (
				<p className="flex flex-wrap items-center gap-3 py-3 text-quiet text-small">
					{entries.length > 0 && plural(entries.length, "entry", "entries")}
					{log.hasNextPage && (
						<Button disabled={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
							{entries.length === 0 ? "Look further back" : "Load more"}
						</Button>
					)}
					{log.hasNextPage && filtered && back && <span>Looked back to {exact(back)}.</span>}
				</p>
			)}
		</>
	);
}

function Entries({ entries }: { entries: Entry[] }) {
	const now = Date.now();
	return (
		<Table
			heads={
				<>
					<th className={head}>When</th>
					<th className={`${head} w-1/4`}>Who</th>
					<th className={head}>Did</th>
					<th className={`${head} w-1/4`}>To what</th>
					<th className={`${head} w-1/3`}>Details</th>
				</>
			}
		>
			{entries.map((entry) => {
				const { name, href } = about(entry);
				const more = details(entry);
				return (
					<tr key={entry.id} className={row}>
						<td className={`${rowCell} text-quiet tabular-nums`} title={`${exact(entry.at)}, ${clock(entry.at)}`}>
							<time dateTime={entry.at}>{moment(entry.at, now)}</time>
						</td>
						<td className={`${rowCell} max-w-0 truncate max-sm:max-w-full`} title={entry.actor}>
							<bdi className="font-medium">{entry.actor}</bdi>
						</td>
						<td className={rowCell}>{DID[entry.action] ?? entry.action}</td>
						<td className={`${rowCell} max-w-0 truncate max-sm:max-w-full`} title={name}>
							{href ? (
								<Link href={href} className="rounded-sm underline underline-offset-2 hover:text-accent">
									<bdi>{name}</bdi>
								</Link>
							) : (
								<bdi>{name}</bdi>
							)}
						</td>
						<td className={`${rowCell} max-w-0 truncate text-quiet max-sm:max-w-full`} title={more}>
							<bdi>{more}</bdi>
						</td>
					</tr>
				);
			})}
		</Table>
	);
}
