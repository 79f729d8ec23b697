"use client";
/** Colours for source, by grammars that run as plain JavaScript: the content policy takes neither wasm nor eval. */
import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

/** Each is fetched with the first file that is written in it. */
const grammars = {
	python: () => import("shiki/langs/python.mjs"),
	tsx: () => import("shiki/langs/tsx.mjs"),
	json: () => import("shiki/langs/json.mjs"),
	yaml: () => import("shiki/langs/yaml.mjs"),
	toml: () => import("shiki/langs/toml.mjs"),
	markdown: () => import("shiki/langs/markdown.mjs"),
	shellscript: () => import("shiki/langs/shellscript.mjs"),
	sql: () => import("shiki/langs/sql.mjs"),
};
type Grammar = keyof typeof grammars;

const byEnding: Record<string, Grammar> = {
	...{ py: "python", pyi: "python", ts: "tsx", tsx: "tsx", mts: "tsx", js: "tsx", jsx: "tsx", mjs: "tsx", cjs: "tsx" },
	...{ json: "json", ipynb: "json", yaml: "yaml", yml: "yaml", toml: "toml", lock: "toml", md: "markdown" },
	...{ sh: "shellscript", bash: "shellscript", sql: "sql" },
};

/** Longer texts and lines are shown without colours: finding them would stop the page for longer than they are worth. */
const MAX_TEXT = 150_000;
const MAX_LINE = 1_000;

const theme = createCssVariablesTheme({ name: "tidegate", variablePrefix: "--code-", fontStyle: false });
let making: Promise<HighlighterCore> | undefined;

export interface Token {
	content: string;
	color?: string;
}

/** @returns the tokens of each line; undefined where the language is none that is known, or the text is too long. */
export async function highlight(path: string, source: string): Promise<Token[][] | undefined> {
	const grammar = byEnding[path.split("/").at(-1)?.split(".").at(-1)?.toLowerCase() ?? ""];
	if (!grammar || source.length > MAX_TEXT || source.split("\n").some((line) => line.length > MAX_LINE)) return undefined;
	making ??= createHighlighterCore({ themes: [theme], langs: [], engine: createJavaScriptRegexEngine({ forgiving: true }) });
	const highlighter = await making;
	await highlighter.loadLanguage(grammars[grammar]());
	return highlighter.codeToTokens(source, { lang: grammar, theme: "tidegate" }).tokens;
}
