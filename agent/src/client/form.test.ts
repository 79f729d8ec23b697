import { expect, test } from "vitest";
import { checkAnswer, filledIn } from "./form.ts";

const form = {
	type: "object",
	properties: { region: { type: "string" }, share: { type: "number", default: 0.1 }, how: { enum: ["slow", "fast"] }, sides: { type: "array" } },
	required: ["region"],
};
const asked = { key: "approval#0", form };

test("fields are typed one by one, and taken as the form wants them", () => {
	const typed = [
		["region", "5"],
		["share", "0.2"],
		["how", "fast"],
		["sides", "[1, 2]"],
	] as const;
	expect(filledIn(asked, typed)).toEqual({ region: "5", share: 0.2, how: "fast", sides: [1, 2] });
	const approved = { type: "object", properties: { approved: { type: "boolean" } } };
	const value = filledIn({ key: "approval#0", form: approved }, [["approved", "no"]]);
	expect(value).toEqual({ approved: true, form: { approved: false } });
	expect(() => checkAnswer({ key: "approval#0", form: approved }, value)).not.toThrow();
});

test("what does not fit is told by its field, and a question without fields says so", () => {
	const said = (typed: [string, string][], given: Record<string, unknown> | null = form): string => {
		try {
			return JSON.stringify(filledIn({ key: "approval#0", form: given }, typed));
		} catch (error) {
			return (error as Error).message;
		}
	};
	expect(
		said([
			["share", "much"],
			["regoin", "eu"],
		]),
	).toBe(
		'field "share": expected a number, got "much" (a string)\nfield "regoin": unknown; did you mean "region"? (known: region, share, how, sides)\nfield "region": expected a string, but it was not given and has no default',
	);
	expect(said([["a", "1"]], null)).toBe("approval#0 has no form: it is answered by yes or no");
	expect(said([["a", "1"]], { type: "object" })).toBe('field "a": unknown; the form has none');
	expect(said([["a", "1"]], { type: "integer" })).toMatch(/asks for one value/);
});

test("a form is answered by an object that fits it, or declined", () => {
	expect(() => checkAnswer(asked, { region: "eu" })).not.toThrow();
	expect(() => checkAnswer(asked, false)).not.toThrow();
	expect(() => checkAnswer(asked, true)).toThrow("approval#0 asks for region, share, how, sides: answer with a JSON object of them, or no.");
	expect(() => checkAnswer(asked, { region: 5 })).toThrow('field "region": expected a string, got 5 (an integer)');
});
