import { expect, test } from "vitest";
import { givenOf } from "../../../flows/components/form/draft.ts";
import { type Question, questionOf, readAnswer } from "./question.ts";

const asked = (form: unknown): Question => questionOf(form) as Question;

test("yes or no is all that a question without a form asks for", () => {
	expect([null, undefined, { type: "boolean" }].map(questionOf)).toEqual([undefined, undefined, undefined]);
});

test("the fields of a form are checked before an answer is made of them", () => {
	const question = asked({
		type: "object",
		properties: { region: { enum: ["eu", "us"] }, share: { type: "integer", default: 10 } },
		required: ["region"],
	});
	expect(question.entries.map(({ name, required }) => [name, required])).toEqual([
		["region", true],
		["share", false],
	]);
	expect(readAnswer(question, givenOf(question.entries, {}))).toMatchObject({ problems: [{ path: "region" }] });
	expect(readAnswer(question, givenOf(question.entries, { region: "eu" }))).toEqual({ value: { region: "eu" } });
});

test("a form with a field called approved is no answer of yes or no", () => {
	const question = asked({ type: "object", properties: { approved: { type: "boolean" } } });
	expect(readAnswer(question, givenOf(question.entries, { approved: false }))).toEqual({ value: { approved: true, form: { approved: false } } });
});

test("a form that asks for one value gets that value alone", () => {
	const question = asked({ enum: ["ship", "hold"] });
	expect(readAnswer(question, givenOf(question.entries, { answer: "hold" }))).toEqual({ value: "hold" });
});

test("what is no form that fields can be made of is answered as JSON", () => {
	let endless: object = { type: "string" };
	for (let n = 0; n < 1_000; n += 1) endless = { type: "array", items: endless };
	const wide = { type: "object", properties: Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, { type: "string" }])) };
	for (const form of ["<script>", 7, [], { type: 5 }, { type: "object", properties: { a: null } }, { anyOf: [] }, endless, wide]) {
		const question = asked(form);
		expect(question.entries.map(({ field }) => field.kind)).toEqual(["json"]);
		const given = { answer: { given: true, draft: { text: '{"a": [1]}', json: true as const } } };
		expect(readAnswer(question, given)).toEqual({ value: { a: [1] } });
	}
});
