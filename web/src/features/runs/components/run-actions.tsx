"use client";
import { GitCompareArrows, RotateCcw } from "lucide-react";
import { useState } from "react";
import { hasEnded } from "tidegate/protocol/states.ts";
import { useSession } from "../../../browser/session.tsx";
import { Button } from "../../../ui/button.tsx";
import { later } from "../../../ui/later.tsx";
import { Link } from "../../../ui/link.tsx";
import { isWhole, type RunView } from "./view.ts";

const RelaunchDialog = later(() => import("./relaunch-dialog.tsx").then((module) => module.default));

/** What can be done with a run besides ending it. */
export function RunActions({ view }: { view: RunView }) {
	const { run } = view;
	const { may } = useSession();
	const [asked, setAsked] = useState(false);
	return (
		<>
			{hasEnded(run.state) && (
				<Link
					href={`/runs/${run.id}/compare`}
					title="Compare with another run"
					className="inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md border border-line bg-raised px-2.5 hover:border-line-strong"
				>
					<GitCompareArrows size={13} aria-hidden />
					Compare
				</Link>
			)}
			{may.includes("run") && isWhole(view) && (
				<Button title="Run it again" onClick={() => setAsked(true)}>
					<RotateCcw size={13} aria-hidden />
					<span className={hasEnded(run.state) ? "" : "max-sm:sr-only"}>Relaunch</span>
				</Button>
			)}
			{asked && <RelaunchDialog view={view} close={() => setAsked(false)} />}
		</>
	);
}
