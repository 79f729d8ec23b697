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

	it.each([">=3.10", ">= 3.10, <3.13", "==3.12.*", "!=3.11.4", "~=3.10", "===3.12.1", ">3"])("takes a range of Pythons: %s", (python) => {
		expect(parseProjectYaml(JSON.stringify({ python }))).toEqual({ python });
	});

	it.each([
		[
			"value in a block of lines, at its own line and column",
			"name: a\nparameters: {n: {type: integer}}\nsteps:\n  one:\n    run: | # why\n\n      set -e\n        x=$(( {{ params.n }} ))\n",
			/^tidegate\.yaml:8:15: steps\.one\.run: a value can't be put where it is computed with/,
		],
		[
			"unknown parameter in a block of lines whose indentation is said",
			"name: a\nsteps:\n  one:\n    run: |2-\n        echo\n      echo {{ params.n }}\n",
			/^tidegate\.yaml:6:15: steps\.one\.run: unknown parameter n/,
		],
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
		[
			"version that says no range",
			'python: "3.12"\n',
			/^tidegate\.yaml:1:9: python: a version alone says no range: write "==3\.12\.\*" for that one, or ">=3\.12" /,
		],
		["version to its last digit", 'python: "3.12.1"\n', /^tidegate\.yaml:1:9: python: .* write "==3\.12\.1" for that one/],
		["version that is none", "name: a\npython: banana\n", /^tidegate\.yaml:2:9: python: expected a range of versions, such as ">=3\.10"/],
		["range that pip does not know", 'python: ">=3.10,^3.11"\n', /^tidegate\.yaml:1:9: python: expected a range/],
		["star behind what takes none", 'python: ">=3.*"\n', /^tidegate\.yaml:1:9: python: expected a range/],
		["version that is empty", 'python: ""\n', /^tidegate\.yaml:1:9: python: a version in quotes, such as ">=3\.10"\.$/],
		["broken syntax", "name: a\n  exclude: [a\n", /^tidegate\.yaml:\d+:\d+: /],
		["the same key twice", "name: a\nname: b\n", /^tidegate\.yaml:2:1: /],
		["text in place of keys", "- a\n", /^tidegate\.yaml:1:1: /],
		["alias of aliases that blows up", `exclude: [&a x, ${bomb}]\n`, /^tidegate\.yaml:1:1: .*alias/],
		[
			"line indented between two others",
			"steps:\n  a:\n    run: x\n   b:\n    run: y\n",
			/^tidegate\.yaml:4:4: this line is indented by 3 spaces; expected 2 as line 2, or 4 as line 3\.$/,
		],
		[
			"line indented below a key that has its value",
			"name: a\n exclude: b\n",
			/^tidegate\.yaml:2:2: this line is indented by 1 space; expected 0 as line 1\.$/,
		],
		[
			"line out of its list",
			"exclude:\n  - a\n - b\n",
			/^tidegate\.yaml:3:2: this line is indented by 1 space; expected 0 as line 1, or 2 as line 2\.$/,
		],
		["line before all others", "  name: a\nflows: x\n", /^tidegate\.yaml:2:1: this line is indented by 0 spaces; expected 2 as line 1\.$/],
		["second document", "name: a\n---\nname: b\n", /^tidegate\.yaml:2:1: --- begins a second document: /],
		["depth", `steps: ${"[".repeat(20000)}`, /^tidegate\.yaml:1:\d+: this is nested too deeply to be read\.$/],
		["tab, each", "steps:\n\ta:\n\t\trun: x\n", /^tidegate\.yaml:2:1: .*tab.*\ntidegate\.yaml:3:1: .*tab.*$/],
		["colon in a text", "name: a: b\n", /^tidegate\.yaml:1:7: a text with a colon and a space in it stands in quotes/],
		["key without its colon", "name a\nflows: b\n", /^tidegate\.yaml:1:1: expected a key, a colon and a space/],
	])("says line and column of an %s", (_what, text, message) => {
		expect(() => parseProjectYaml(text)).toThrow(message);
	});

	it("tells all mistakes at once, in their order, up to twenty", () => {
		expect(() => parseProjectYaml("name: two words\nzzz: 1\nyyy: 2\nexclude: 7\n")).toThrow(
			/^tidegate\.yaml:1:7: name: use.*\ntidegate\.yaml:2:1: unknown key zzz\..*\ntidegate\.yaml:3:1: unknown key yyy\..*\ntidegate\.yaml:4:10: exclude: expected .*$/,
		);
		const steps = "name: a\nsteps:\n  a: {run: x, pool: p}\n  b: {}\n  c: {needs: zzz, run: y}\n  d: {run: x, sql: y}\n";
		expect(() => parseProjectYaml(steps)).toThrow(
			/^tidegate\.yaml:3:15: .*pool is for flow.*\ntidegate\.yaml:4:3: .*does nothing.*\ntidegate\.yaml:5:14: .*no step zzz.*\ntidegate\.yaml:6:15: .*a step is one thing.*$/,
		);
		const many = Array.from({ length: 50 }, (_, at) => `zz${at}: 1\n`).join("");
		expect(() => parseProjectYaml(many)).toThrow(/(?:^tidegate\.yaml:\d+:1: unknown key.*\n){20}tidegate\.yaml: and 30 more like these\.$/m);
	});
});
