"use client";
import { useMutation } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { askForKey } from "../../../../ui/asked.ts";
import { Button } from "../../../../ui/button.tsx";
import { asLabels, type Choices, labelProblem, Options } from "./options.tsx";
import { newRunId, send, whyNot } from "./send.ts";
import { NotTaken } from "./trouble.tsx";

/** Without the key nobody here knows what the flow takes: it runs with its defaults. */
export function BareForm({ flow, number }: { flow: string; number: number | undefined }) {
	const [choices, setChoices] = useState<Choices>({ labels: [], pool: "" });
	const [tried, setTried] = useState(false);
	const id = useRef(newRunId());
	const router = useRouter();
	const run = useMutation({
		mutationFn: () => send({ id: id.current, flow, number, labels: asLabels(choices.labels), pool: choices.pool || undefined }),
		onSuccess: (made) => router.push(`/runs/${made.id}`),
	});
	function submit(event: FormEvent) {
		event.preventDefault();
		setTried(true);
		if (!labelProblem(choices.labels)) run.mutate();
	}
	return (
		<form onSubmit={submit} noValidate aria-label={`Run ${flow}`} className="flex max-w-2xl flex-col gap-5">
			<div className="flex items-start gap-2.5 rounded-md border border-line bg-sunken px-3 py-2.5">
				<Lock size={15} aria-hidden className="mt-[3px] shrink-0 text-quiet" />
				<p>
					What this flow takes is sealed. Without the workspace key it runs with its defaults; where a parameter has none, the run fails and says
					which.{" "}
					<button type="button" onClick={askForKey} className="rounded-sm text-accent underline underline-offset-2">
						Unlock
					</button>{" "}
					to fill in parameters.
				</p>
			</div>
			<Options
				value={choices}
				problem={tried ? labelProblem(choices.labels) : undefined}
				change={(next) => {
					id.current = newRunId();
					setChoices(next);
				}}
			/>
			<div className="flex flex-col gap-2 border-line border-t pt-4">
				{run.error && <NotTaken {...whyNot(run.error)} />}
				<div>
					<Button look="strong" type="submit" disabled={run.isPending || run.isSuccess}>
						Run with defaults
					</Button>
				</div>
			</div>
		</form>
	);
}
