"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { FilterX } from "lucide-react";
import { useMemo } from "react";
import { RUN_STATES, type RunState } from "tidegate/protocol/states.ts";
import { useAddress } from "../../../browser/address.ts";
import { errorCode, trpc } from "../../../browser/api.ts";
import { serverNow } from "../../../browser/clock.ts";
import { useCommands } from "../../../browser/commands.ts";
import { Button } from "../../../ui/button.tsx";
import { Snippet } from "../../../ui/copy.tsx";
import { Page } from "../../../ui/page.tsx";
import { Trouble } from "../../../ui/trouble.tsx";
import { RunRows } from "../../flows/components/runs-table.tsx";
import { CancelMany } from "./cancel-many.tsx";
import { CLEARED, RunsPageFilter, SPANS } from "./runs-page-filter.tsx";

const crumbs = [{ name: "Runs" }];
const PAGE = 50;

/** Start of a day in the viewer's zone, as the date field gives it; undefined where it is none. */
function dayStart(text: string | null, plus = 0): string | undefined {
	const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text ?? "") ?? [];
	if (!year) return undefined;
	const at = new Date(Number(year), Number(month) - 1, Number(day) + plus);
	return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** What the address asks for; nonsense in it asks for nothing. */
function useFilter() {
	const [search] = useAddress();
	const asked = search.toString();
	return useMemo(() => {
		const given = new URLSearchParams(asked);
		const states = (given.get("state") ?? "").split(",").filter((state): state is RunState => RUN_STATES.includes(state as RunState));
		const span = SPANS.find(({ value }) => value === given.get("since"));
		return {
			states: states.length > 0 ? states : undefined,
			flow: given.get("flow") || undefined,
			label: given.get("label") || undefined,
			from: span ? new Date(serverNow() - span.ms).toISOString() : dayStart(given.get("from")),
			to: span ? undefined : dayStart(given.get("to"), 1),
		};
	}, [asked]);
}

/** Every run of the workspace, newest first. */
export function RunsPage() {
	const filter = useFilter();
	const [, change] = useAddress();
	const runs = useInfiniteQuery(
		trpc.runs.list.infiniteQueryOptions(
			{ ...filter, limit: PAGE },
			{ getNextPageParam: (page) => page.next ?? undefined, placeholderData: (before) => before },
		),
	);
	const filtered = Object.values(filter).some((value) => value !== undefined);
	useCommands(filtered ? [{ name: "Show all runs again", icon: FilterX, key: "x", run: () => change(CLEARED) }] : []);
	const rows = runs.data?.pages.flatMap((page) => page.runs);
	return (
		<Page crumbs={crumbs} title="Runs">
			<h1 className="sr-only">Runs</h1>
			<RunsPageFilter filtered={filtered}>{rows && rows.length > 0 && <CancelMany shown={filter} />}</RunsPageFilter>
			{!rows && runs.error && <Trouble title="The runs can't be shown" detail={runs.error.message} again={() => void runs.refetch()} />}
			{rows && runs.error && errorCode(runs.error) !== "UNAUTHORIZED" && <p className="mb-3 text-failed">{runs.error.message}</p>}
			{!rows && !runs.error && <div className="ghost h-9" aria-busy="true" />}
			{rows?.length === 0 && (filtered ? <NoMatch clear={() => change(CLEARED)} /> : <NoRuns />)}
			{rows && rows.length > 0 && <RunRows rows={rows} flows />}
			{runs.hasNextPage && (
				<div className="py-3">
					<Button disabled={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
						Load {PAGE} more
					</Button>
				</div>
			)}
		</Page>
	);
}

function NoMatch({ clear }: { clear(): void }) {
	return (
		<p className="flex items-center gap-3 py-6 text-quiet">
			No run matches this filter.
			<Button onClick={clear}>Show all runs</Button>
		</p>
	);
}

function NoRuns() {
	return (
		<section className="mx-auto flex w-full max-w-xl flex-col gap-4 py-8">
			<h2 className="font-semibold text-title">Nothing has run yet</h2>
			<p className="text-quiet">Each run of this workspace appears here at once, whoever or whatever started it. Start one:</p>
			<Snippet code="npx tidegate run FLOW --watch" label="Run a flow and follow it" />
		</section>
	);
}
