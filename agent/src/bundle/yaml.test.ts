import { describe, expect, it } from "vitest";
import { parseProjectYaml } from "./yaml.ts";

const bomb = ["a", "b", "c", "d"].map((name, i) => `&${"bcde"[i]} [${Array(20).fill(`*${name}`).join(", ")}]`).join(", ");

describe("tidegate.yaml", () => {
	it("may be empty, and takes all it knows", () => {
		expect(parseProjectYaml("")).toEqual({});
		expect(parseProjectYaml("# nothing\n")).toEqual({});
		const all = {
			name: "penguins",
			flows: { train: "src/a.py:train" },
			requirements: ["numpy>=2"],
			include: ["data/**"],
			exclude: ["test/"],
			python: ">=3.10",
		};
		expect(parseProjectYaml(JSON.stringify(all))).toEqual(all);
		expect(parseProjectYaml("flows:\n  - flow.py:train\nrequirements: requirements/prod.txt\n")).toEqual({
			flows: ["flow.py:train"],
			requirements: "requirements/prod.txt",
		});
	});

	it.each([
		[
			"unknown key, with what was meant",
			"name: a\nrequirments: r.txt\n",
			/^tidegate\.yaml:2:1: unknown key requirments\. Did you mean requirements\?$/,
		],
		["unknown key, with what there is", "zzz: 1\n", /^tidegate\.yaml:1:1: unknown key zzz\. There are: name, flows, /],
		["value of the wrong type", "name: a\nexclude:\n  - a\n  - 5\n", /^tidegate\.yaml:4:5: exclude\.1: expected string, received number\.$/],
		["name that is none", "name: two words\n", /^tidegate\.yaml:1:7: name: use letters, digits/],
		["entry that is none", "flows:\n  train: flow.py\n", /^tidegate\.yaml:2:10: flows\.train: an entry looks like/],
		["flows that are no list", "flows: 7\n", /^tidegate\.yaml:1:8: flows: expected a list of entries/],
		["version that YAML reads as a number", "\npython: 3.10\n", /^tidegate\.yaml:2:9: python: a version in quotes/],
		["broken syntax", "name: a\n  exclude: [a\n", /^tidegate\.yaml:\d+:\d+: /],
		["the same key twice", "name: a\nname: b\n", /^tidegate\.yaml:2:1: /],
		["text in place of keys", "- a\n", /^tidegate\.yaml:1:1: /],
		["alias of aliases that blows up", `exclude: [&a x, ${bomb}]\n`, /^tidegate\.yaml:1:1: .*alias/],
	])("says line and column of an %s", (_what, text, message) => {
		expect(() => parseProjectYaml(text)).toThrow(message);
	});
});
