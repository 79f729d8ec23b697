"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { trpc } from "../../../../browser/api.ts";
import { Button } from "../../../../ui/button.tsx";
import { Snippet } from "../../../../ui/copy.tsx";
import { shortId } from "../../../../ui/format.ts";
import { Link } from "../../../../ui/link.tsx";
import { Page } from "../../../../ui/page.tsx";
import { Trouble } from "../../../../ui/trouble.tsx";
import { useAllThere } from "./all-there.ts";
import { Ask, type Asked } from "./ask.tsx";
import { Gone } from "./gone.tsx";

const crumbs = [{ name: "Approvals" }];
const PAGE = 20;

/** Every question that runs of this workspace ask of people now. */
export function ApprovalsPage() {
	const waits = useInfiniteQuery(
		trpc.runs.waits.infiniteQueryOptions({ kind: "approval", limit: PAGE }, { getNextPageParam: (page) => page.next ?? undefined }),
	);
	const asked = waits.data?.pages.flatMap((page) => page.waits);
	const { coming, there } = useAllThere(asked?.length);
	const gone = useGone(asked);
	return (
		<Page crumbs={crumbs} title="Approvals">
			<h1 className="sr-only">Approvals</h1>
			{!asked && waits.error && <Trouble title="The questions can't be shown" detail={waits.error.message} again={() => void waits.refetch()} />}
			{!asked && !waits.error && <div className="ghost h-20 max-w-3xl" aria-busy="true" />}
			{gone.length > 0 && (
				<div role="status" aria-label="Answered meanwhile" className="mb-4 flex max-w-3xl flex-col gap-2">
					{gone.map((one) => (
						<Gone key={idOf(one)} asked={one} />
					))}
				</div>
			)}
			{asked?.length === 0 && <Nothing />}
			{asked && asked.length > 0 && (
				<ul className={`flex max-w-3xl flex-col gap-3 ${coming ? "invisible" : ""}`}>
					{asked.map((one) => (
						<li key={idOf(one)} className="min-w-0">
							<Ask asked={one} where={<Where asked={one} />} there={there} />
						</li>
					))}
				</ul>
			)}
			{waits.hasNextPage && (
				<div className="py-3">
					<Button disabled={waits.isFetchingNextPage} onClick={() => void waits.fetchNextPage()}>
						Load {PAGE} more
					</Button>
				</div>
			)}
		</Page>
	);
}

const idOf = ({ run, task }: Asked): string => `${run} ${task}`;

/** Of those that were answered while the page was open, the last. */
const TOLD = 5;

/** Questions that stood here and are open no more, the last first. */
function useGone(asked: Asked[] | undefined): Asked[] {
	const [seen, setSeen] = useState<{ now: Asked[] | undefined; gone: Asked[] }>({ now: undefined, gone: [] });
	if (asked && asked !== seen.now && asked.map(idOf).join() !== seen.now?.map(idOf).join()) {
		const open = new Set(asked.map(idOf));
		const left = (seen.now ?? []).filter((one) => !open.has(idOf(one)));
		setSeen({ now: asked, gone: [...left, ...seen.gone.filter((one) => !open.has(idOf(one)))].slice(0, TOLD) });
	}
	return seen.gone;
}

function Where({ asked: { flow, run } }: { asked: Asked }) {
	return (
		<span className="flex min-w-0 gap-1.5">
			<Link
				data-row
				href={`/runs/${run}`}
				title={`${flow}, run ${run}`}
				className="min-w-0 truncate rounded-sm text-accent underline underline-offset-2"
			>
				<bdi>{flow}</bdi> <span className="font-mono text-small">{shortId(run)}</span>
			</Link>
		</span>
	);
}

const EXAMPLE = `if tidegate.approval("Ship it?"):
    ship()`;

function Nothing() {
	return (
		<section className="mx-auto flex w-full max-w-xl flex-col gap-4 py-8">
			<h2 className="font-semibold text-title">Nobody is asked anything</h2>
			<p className="text-quiet">
				A flow that needs a person's yes asks for it, and waits for days if it must, without a process. Its question appears here at once, to be
				answered in place. In the body of a flow:
			</p>
			<Snippet code={EXAMPLE} label="Ask a person in a flow" />
		</section>
	);
}
