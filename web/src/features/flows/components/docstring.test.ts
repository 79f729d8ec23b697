import { expect, test } from "vitest";
import { proseOf, summaryOf } from "./docstring.ts";

const prose = "Do it.\n\n- one\n  - two";
const after = "Returns:\n    what it did";

test.each([
	[
		"Google",
		`Do it.\n\n    - one\n      - two\n\n    Args:\n        x (int): the one\n            and only\n\n        y: no\n    Returns:\n        what it did\n    `,
		`${prose}\n\n${after}`,
	],
	[
		"NumPy",
		"Do it.\n\n    - one\n      - two\n\n    Parameters\n    ----------\n    x : int\n        the one\n    y\n        no\n\n    Returns\n    -------\n    what\n",
		`${prose}\n\nReturns\n-------\nwhat`,
	],
	[
		"reST",
		"Do it.\n\n    - one\n      - two\n\n    :param int x: the one\n        and only\n    :param y: no\n    :returns: it\n",
		`${prose}\n\n:returns: it`,
	],
	["no form", "Do it.\n\n- one\n  - two", prose],
	["nothing", "  \n ", ""],
])("a docstring of %s is told without its indentation and its parameters", (_form, doc, told) => {
	expect(proseOf(doc)).toBe(told);
});

test.each([
	["Train **softmax** on `data/*.csv`. Then say how good it is.", "Train softmax on data/*.csv.", true],
	["# Penguins\n\nTells *three* kinds apart, see [the paper](https://example.org/a_b).", "Tells three kinds apart, see the paper.", true],
	["One line", "One line", false],
	["Costs 3.5 s, e.g. on a laptop\n    and more.\n\n    Args:\n        x: the one\n", "Costs 3.5 s, e.g. on a laptop and more.", false],
	["- first\n- second", "first second", false],
	["a_b_c * d * e and snake_case", "a_b_c * d * e and snake_case", false],
	["", "", false],
])("of a docstring its first sentence stands in the head, plain: %s", (doc, first, more) => {
	expect(summaryOf(doc)).toEqual({ first, more });
});

test("what has no full stop is cut at a word, and there is more", () => {
	const { first, more } = summaryOf("a tide of words and ".repeat(100));
	expect(first).toMatch(/^(a tide of words and ){5}.{0,100}(words|tide|of|a|and)…$/);
	expect(first.length).toBeLessThanOrEqual(201);
	expect(more).toBe(true);
});
