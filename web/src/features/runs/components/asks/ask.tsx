"use client";
import { MessageCircleQuestion } from "lucide-react";
import { type ReactNode, useEffect, useId } from "react";
import { useOpenKey } from "../../../../browser/key.tsx";
import { useMay } from "../../../../browser/may.ts";
import { Button } from "../../../../ui/button.tsx";
import { later } from "../../../../ui/later.tsx";
import { notOpen } from "../../../../ui/lock.tsx";
import { reachable } from "../../../../ui/reachable.ts";
import { Ago } from "../../../../ui/time.tsx";
import { Moment } from "../moment.tsx";
import { useWait } from "../place.ts";
import { questionOf } from "./question.ts";
import { useAnswer } from "./use-answer.ts";

const AnswerForm = later(() => import("./answer-form.tsx").then((module) => module.default));

/** An open question of a run. */
export interface Asked {
	run: string;
	flow: string;
	/** Of the version. */
	number: number;
	task: string;
	/** When it is given up. */
	due: string | null;
	sealed: string;
	at: string;
}

/** Characters of a question that fit without scrolling, lines and all. */
const LONG = 200;
const LINES = 8;

interface Props {
	asked: Asked;
	/** Whose question it is, where that is not said around it. */
	where?: ReactNode;
	/** Told once it is as large as it will be. */
	there(): void;
}

/** A question with its answer: yes or no, or the form that the flow asks for. */
export function Ask({ asked, where, there }: Props) {
	const { run, flow, number, task, due, at } = asked;
	const key = useOpenKey();
	const { may, why } = useMay("run");
	const answering = useAnswer(key, run, task);
	const title = useId();
	const content = useWait({ id: run, flow, number }, asked);
	const open = content.state === "open" ? content.value : undefined;
	const question = open && questionOf(open.prompt?.form);
	const text = open?.prompt?.text ?? "";
	const long = text.length > LONG || text.split("\n").length > LINES;
	const busy = answering.pending || answering.done;
	// A form is fetched, and tells it by itself.
	const known = content.state !== "opening" && !(question && may);
	useEffect(() => {
		if (known) there();
	}, [known, there]);
	return (
		<article aria-labelledby={title} className="flex min-w-0 flex-col gap-3 rounded-md border border-waiting/60 bg-raised px-4 py-3">
			<div className="flex min-w-0 items-start gap-2.5">
				<MessageCircleQuestion size={16} aria-hidden className="mt-0.5 shrink-0 text-waiting" />
				<div className="flex min-w-0 flex-1 flex-col gap-1">
					<div className="max-h-60 min-w-0 overflow-y-auto" {...(long ? reachable("The whole question") : {})}>
						<h2 id={title} className="whitespace-pre-wrap break-words font-medium">
							{open ? <bdi>{open.prompt?.text ?? open.key}</bdi> : (notOpen(content) ?? "A question")}
						</h2>
					</div>
					<p className="flex min-w-0 flex-wrap gap-x-3 text-quiet">
						{where}
						<span>
							asked <Ago at={at} />
						</span>
						{due && (
							<span>
								until <Moment at={due} />
							</span>
						)}
					</p>
				</div>
			</div>
			{open && may && !answering.trouble?.over && (
				<div className="min-w-0 sm:pl-[26px]">
					{question ? (
						<AnswerForm question={question} text={open.prompt?.text ?? ""} busy={busy} answer={answering.answer} there={there} />
					) : (
						<div className="flex gap-2">
							<Button look="strong" disabled={busy} onClick={() => answering.answer(true)} className="min-w-16">
								Yes
							</Button>
							<Button disabled={busy} onClick={() => answering.answer(false)} className="min-w-16">
								No
							</Button>
						</div>
					)}
				</div>
			)}
			{!may && <p className="text-quiet sm:pl-[26px]">{why}</p>}
			{answering.trouble && (
				<p role="alert" className={`break-words sm:pl-[26px] ${answering.trouble.over ? "" : "text-failed"}`}>
					<bdi>{answering.trouble.text}</bdi>
				</p>
			)}
		</article>
	);
}
