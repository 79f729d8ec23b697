"use client";
import { Ban } from "lucide-react";
import { useState } from "react";
import { useMay } from "../../../browser/may.ts";
import { Button } from "../../../ui/button.tsx";
import { later } from "../../../ui/later.tsx";
import type { ShownRuns } from "./cancel-many-dialog.tsx";

const Dialog = later(() => import("./cancel-many-dialog.tsx").then((module) => module.default));

/** Ends all runs that the filter shows and that go on. */
export function CancelMany({ shown }: { shown: ShownRuns }) {
	const [asked, setAsked] = useState(false);
	const { may } = useMay("run");
	if (!may) return null;
	return (
		<>
			<Button look="bare" onClick={() => setAsked(true)}>
				<Ban size={12} aria-hidden />
				Cancel these…
			</Button>
			{asked && <Dialog shown={shown} close={() => setAsked(false)} />}
		</>
	);
}
