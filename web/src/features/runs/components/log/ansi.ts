/** Colours that programs write into their output (SGR escapes), as spans; every other escape is left out. */

export interface Style {
	/** 0 to 7 of the palette, or a CSS colour. */
	colour?: number | string;
	ground?: number | string;
	bold?: boolean;
	dim?: boolean;
	italic?: boolean;
	underline?: boolean;
}

export interface Span {
	text: string;
	style: Style;
}

// CSI sequences, OSC strings (links, titles), and two-character escapes.
// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are control characters
const ESCAPE = /\x1b(?:\[([0-9;:?]*)([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\|$)|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would not show
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f]/g;

export function plain(text: string): string {
	return text.includes("\x1b") ? text.replace(ESCAPE, "").replace(UNSEEN, "") : text;
}

export function spans(text: string): Span[] {
	if (!text.includes("\x1b")) return [{ text: text.replace(UNSEEN, "\ufffd"), style: {} }];
	const found: Span[] = [];
	let style: Style = {};
	let at = 0;
	const take = (end: number) => {
		const piece = text.slice(at, end).replace(UNSEEN, "");
		if (piece) found.push({ text: piece, style });
	};
	for (const match of text.matchAll(ESCAPE)) {
		take(match.index);
		at = match.index + match[0].length;
		if (match[2] === "m") style = change(style, match[1] ?? "");
	}
	take(text.length);
	return found;
}

function change(before: Style, parameters: string): Style {
	const codes = parameters.split(/[;:]/).map((code) => Number(code) || 0);
	const style = { ...before };
	for (let i = 0; i < codes.length; i++) {
		const code = codes[i] as number;
		if (code === 0) for (const name of Object.keys(style) as (keyof Style)[]) delete style[name];
		else if (code === 1) style.bold = true;
		else if (code === 2) style.dim = true;
		else if (code === 3) style.italic = true;
		else if (code === 4) style.underline = true;
		else if (code === 22) style.bold = style.dim = undefined;
		else if (code === 23) style.italic = undefined;
		else if (code === 24) style.underline = undefined;
		else if (code === 39) style.colour = undefined;
		else if (code === 49) style.ground = undefined;
		else if (code >= 30 && code <= 37) style.colour = code - 30;
		else if (code >= 90 && code <= 97) style.colour = code - 90;
		else if (code >= 40 && code <= 47) style.ground = code - 40;
		else if (code >= 100 && code <= 107) style.ground = code - 100;
		else if (code === 38 || code === 48) {
			const [colour, used] = extended(codes.slice(i + 1));
			if (code === 38) style.colour = colour;
			else style.ground = colour;
			i += used;
		}
	}
	return style;
}

/** 256 colours (5;n) and true colours (2;r;g;b). @returns the colour and how many codes it took. */
function extended(codes: number[]): [number | string | undefined, number] {
	const byte = (n: number | undefined) => Math.min(255, n ?? 0);
	if (codes[0] === 2) return [`rgb(${byte(codes[1])} ${byte(codes[2])} ${byte(codes[3])})`, 4];
	if (codes[0] !== 5) return [undefined, codes.length];
	const n = byte(codes[1]);
	if (n < 16) return [n % 8, 2];
	if (n >= 232)
		return [
			`rgb(${Array(3)
				.fill(8 + (n - 232) * 10)
				.join(" ")})`,
			2,
		];
	const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
	const cube = n - 16;
	return [`rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`, 2];
}
