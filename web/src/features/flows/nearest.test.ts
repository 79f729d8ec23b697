import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

test("a name with a few typing errors, or its beginning, is found; a different word is not", () => {
	const names = ["penguins", "penguins-nightly", "train-model", "etl"];
	expect(nearest("pengiuns", names)).toEqual(["penguins"]);
	expect(nearest("Penguin", names)).toEqual(["penguins", "penguins-nightly"]);
	expect(nearest("train_model", names)).toEqual(["train-model"]);
	expect(nearest("elt", names)).toEqual([]);
	expect(nearest("zebra", names)).toEqual([]);
});
