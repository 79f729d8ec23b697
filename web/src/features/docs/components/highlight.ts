/** Colours of code in the docs, made on the server: pages load no highlighter for them. */
import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

/** Colours come from tokens.css, so that light and dark are a matter of the style sheet. */
const theme = createCssVariablesTheme({ name: "tide", variablePrefix: "--code-", fontStyle: true });

const LANGUAGES: Record<string, string> = { python: "python", ts: "typescript", sh: "shellscript", yaml: "yaml", json: "json", ini: "ini" };

let loading: Promise<HighlighterCore> | undefined;

function highlighter(): Promise<HighlighterCore> {
	loading ??= createHighlighterCore({
		themes: [theme],
		langs: [
			import("shiki/langs/python.mjs"),
			import("shiki/langs/typescript.mjs"),
			import("shiki/langs/shellscript.mjs"),
			import("shiki/langs/yaml.mjs"),
			import("shiki/langs/json.mjs"),
			import("shiki/langs/ini.mjs"),
		],
		engine: createJavaScriptRegexEngine(),
	});
	return loading;
}

/** @returns the code as lines of coloured pieces; one colourless piece a line where the language is not known. */
export async function highlight(code: string, language: string): Promise<{ text: string; colour: string | undefined }[][]> {
	const lang = LANGUAGES[language];
	if (!lang) return code.split("\n").map((text) => [{ text, colour: undefined }]);
	const { tokens } = (await highlighter()).codeToTokens(code, { lang, theme: "tide" });
	return tokens.map((line) => line.map(({ content, color }) => ({ text: content, colour: color })));
}
