"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { base64 } from "tidegate/protocol/bytes.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api, errorCode, trpc } from "../../../../browser/api.ts";
import { loadOpeners } from "../../../../browser/openers.ts";
import { toast } from "../../../../ui/toast.ts";

/** Reasons for which nobody waits for this answer any more. */
const OVER: readonly string[] = ["answered_already", "run_ended", "unknown_wait", "unknown_run"];

const reasonOf = (error: Error): string | undefined => (error as { data?: { reason?: string } }).data?.reason;

export interface Answering {
	answer(value: unknown): void;
	pending: boolean;
	/** It is taken: what is shown goes with the next look. */
	done: boolean;
	/** Why it was not taken; `over`: nor will another be. */
	trouble: { text: string; over: boolean } | undefined;
}

/** Seals an answer in this browser, to the run and its question, and sends it. */
export function useAnswer(key: WorkspaceKey | undefined, run: string, task: string): Answering {
	const client = useQueryClient();
	const renew = () => void client.invalidateQueries({ queryKey: trpc.runs.waits.queryKey() });
	const sending = useMutation({
		mutationFn: async (value: unknown) => {
			if (!key) throw new Error("This browser is locked: unlock it first.");
			// The openers tell zod how to go without compiled code, which the content policy forbids.
			await loadOpeners();
			const { sealAnswer } = await import("tidegate/protocol/answers.ts");
			const answer = base64(await sealAnswer(key, run, task, { value }));
			return api.runs.answer.mutate({ id: run, task, answer });
		},
		onSuccess({ state }) {
			toast("Answered", { id: `answer ${run} ${task}`, tone: "good", detail: state === "queued" ? "The run goes on." : undefined });
			renew();
		},
	});
	const { error } = sending;
	return {
		answer: (value) => sending.mutate(value),
		pending: sending.isPending,
		done: sending.isSuccess,
		trouble: error ? { text: words(error), over: OVER.includes(reasonOf(error) ?? "") } : undefined,
	};
}

function words(error: Error): string {
	if (errorCode(error) !== undefined || error instanceof RangeError || error.name === "SealError") return error.message;
	return "The control plane did not answer. What you typed stays here: send it again.";
}
