"use client";
import { type FormEvent, useEffect, useId, useMemo, useState } from "react";
import { Button } from "../../../../ui/button.tsx";
import { plural } from "../../../../ui/format.ts";
import { Form, idOf } from "../../../flows/components/form/context.ts";
import { givenOf } from "../../../flows/components/form/draft.ts";
import { Entries } from "../../../flows/components/form/field.tsx";
import { type Question, readAnswer } from "./question.ts";

interface Props {
	question: Question;
	text: string;
	busy: boolean;
	answer(value: unknown): void;
	/** Told once it is shown. */
	there(): void;
}

/** The fields that the flow asks for: as those of a run's parameters. */
export default function AnswerForm({ question, text, busy, answer, there }: Props) {
	useEffect(there, [there]);
	const [given, setGiven] = useState(() => givenOf(question.entries, {}));
	const [tried, setTried] = useState(false);
	const form = useId();
	const checked = useMemo(() => readAnswer(question, given), [question, given]);
	const problems = tried && "problems" in checked ? checked.problems : [];
	const context = useMemo(
		() => ({ problems: new Map(problems.map(({ path, what }) => [path, what])), id: (path: string) => idOf(form, path) }),
		[problems, form],
	);
	function submit(event: FormEvent) {
		event.preventDefault();
		setTried(true);
		if ("value" in checked) return answer(checked.value);
		const first = idOf(form, checked.problems[0]?.path ?? "");
		(document.getElementById(first) ?? document.getElementById(`${first}-all`))?.focus();
	}
	return (
		<form onSubmit={submit} noValidate aria-label={`Answer: ${text.slice(0, 100)}`} className="flex max-w-2xl flex-col gap-4">
			<Form value={context}>
				<Entries entries={question.entries} given={given} change={setGiven} />
			</Form>
			<div role="alert" className="text-failed empty:hidden">
				{problems.length > 0 && <p>{plural(problems.length, "value needs", "values need")} another look. Nothing was sent.</p>}
				{problems
					.filter(({ path }) => path === "")
					.map(({ what }) => (
						<p key={what} className="break-words">
							<bdi>{what}</bdi>
						</p>
					))}
			</div>
			<div className="flex flex-wrap gap-2">
				<Button look="strong" type="submit" disabled={busy}>
					Yes, with these values
				</Button>
				<Button disabled={busy} onClick={() => answer(false)}>
					No
				</Button>
			</div>
		</form>
	);
}
