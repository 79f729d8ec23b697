"use client";
/** Tells when a watched run has ended, on whichever page the viewer is: in words where they look, by notification, title and icon where they don't. */
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { api, type Outputs } from "../../../browser/api.ts";
import { onRunChange } from "../../../browser/changes.ts";
import { badge } from "../../../browser/tab.ts";
import { unwatchRun, watched } from "../../../browser/watched.ts";
import { duration, shortId } from "../../../ui/format.ts";
import { faceOf } from "../../../ui/state.tsx";
import { toast } from "../../../ui/toast.ts";

type Run = Outputs["runs"]["list"]["runs"][number];

/** Tabs that nobody looks at let one that is seen tell first, and of several of them chance decides. Milliseconds. */
const AFTER_SEEN = 300;
const SPREAD = 700;

const hidden = (): boolean => document.visibilityState === "hidden";

function words({ flow, state, startedAt, finishedAt }: Run): string {
	const took = startedAt && finishedAt ? ` after ${duration(Date.parse(finishedAt) - Date.parse(startedAt))}` : "";
	return `${flow} ${faceOf(state).word}${took}`;
}

function tell(run: Run, open: () => void): void {
	const tone = run.state === "succeeded" ? "good" : run.state === "failed" ? "bad" : "plain";
	const seen = !hidden();
	// Whoever looks at the run itself saw it end.
	if (seen && location.pathname === `/runs/${run.id}`) return;
	toast(words(run), { id: run.id, tone, detail: `Run ${shortId(run.id)}`, action: { name: "Open", run: open } });
	if (seen) return;
	badge(faceOf(run.state).tone);
	if (!("Notification" in window) || Notification.permission !== "granted") return;
	// The tag keeps one run from being told twice by two tabs.
	const notice = new Notification(words(run), { body: `Run ${shortId(run.id)}`, tag: run.id, icon: `/icons/${faceOf(run.state).tone}.svg` });
	notice.onclick = () => {
		window.focus();
		open();
		notice.close();
	};
}

export default function Notices(): null {
	const router = useRouter();
	useEffect(() => {
		let over = false;
		let asking = false;
		let again = false;
		const look = async (): Promise<void> => {
			const ids = [...watched()];
			if (ids.length === 0) return;
			const told = await api.runs.list.query({ ids, limit: ids.length }).catch(() => undefined);
			if (!told || over) return;
			const known = new Set(told.runs.map(({ id }) => id));
			for (const id of ids) if (!known.has(id)) unwatchRun(id);
			const ended = told.runs.filter(({ state }) => hasEnded(state));
			if (ended.length === 0) return;
			if (hidden()) await new Promise((resolve) => setTimeout(resolve, AFTER_SEEN + Math.random() * SPREAD));
			for (const run of ended) if (unwatchRun(run.id)) tell(run, () => router.push(`/runs/${run.id}`));
		};
		/** One question at a time; what changes meanwhile is asked for after it. */
		const soon = async (): Promise<void> => {
			again = asking;
			if (asking) return;
			asking = true;
			do {
				again = false;
				await look();
			} while (again && !over);
			asking = false;
		};
		void soon();
		const off = onRunChange(({ run }) => {
			if (run === null || watched().includes(run)) void soon();
		});
		return () => {
			over = true;
			off();
		};
	}, [router]);
	return null;
}
