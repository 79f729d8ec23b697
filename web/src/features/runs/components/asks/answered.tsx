"use client";
import { MessageCircleReply } from "lucide-react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { useOpened } from "../../../../browser/opened.ts";
import { notOpen } from "../../../../ui/lock.tsx";
import { Ago } from "../../../../ui/time.tsx";
import { useWait } from "../place.ts";
import type { Wait } from "../view.ts";

const HOW: Partial<Record<Wait["state"], string>> = { due: "its time came", expired: "nobody answered in time", failed: "it failed" };

/** JSON of more characters is cut: it stands whole in the run's inputs. */
const MOST = 200;

function short(value: unknown): string {
	if (typeof value === "boolean") return value ? "yes" : "no";
	const text = JSON.stringify(value) ?? "";
	return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** A question that is over: who answered what, in a line. */
export function Answered({ run, wait }: { run: { id: string; flow: string; number: number }; wait: Wait }) {
	const asked = useWait(run, wait);
	const answer = useOpened(`answer ${run.id} ${wait.task} ${wait.answer?.slice(0, 40)}`, wait.answer, async (_, key, sealed) => {
		const { openAnswer } = await import("tidegate/protocol/answers.ts");
		return openAnswer(key, run.id, wait.task, fromBase64(sealed));
	});
	const question = asked.state === "open" ? (asked.value.prompt?.text ?? asked.value.key) : undefined;
	return (
		<p className="flex min-w-0 items-start gap-2.5 text-quiet">
			<MessageCircleReply size={14} aria-hidden className="mt-[3px] shrink-0" />
			<span className="line-clamp-3 min-w-0 break-words">
				{question && <bdi>{question.slice(0, MOST)}</bdi>} {wait.by ? <bdi className="text-text">{wait.by}</bdi> : (HOW[wait.state] ?? "closed")}
				{wait.by && " answered"}
				{answer.state === "open" && (
					<>
						: <bdi className="text-text">{short(answer.value.value)}</bdi>
					</>
				)}
				{notOpen(answer)}
				{wait.answeredAt && (
					<>
						{", "}
						<Ago at={wait.answeredAt} />
					</>
				)}
			</span>
		</p>
	);
}
