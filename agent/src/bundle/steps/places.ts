/** Follows a shell script letter by letter, so that of each value it is known whether it stands in a plain word of a command, and of which. */
import { declaresOthers, readAnew, takesCommands, VALUE } from "./shell.ts";

/** What is open: commands, a list of an array, quotes, an expansion, something that is computed. */
interface Open {
	kind: "commands" | "array" | '"' | "'" | "${" | "((" | "[";
	/** The letter that ends it. */
	end: string;
	/** Of brackets inside, and for quotes whether a backslash counts. */
	depth: number;
	words: string[];
	word: string;
	/** The next word is a file to read or write. */
	redirects: boolean;
	/** How many case … esac are open: in them ) ends a pattern. */
	cases: number;
	/** The command gets what values were written to. */
	piped: boolean;
	/** Where values stand in the pipeline so far, and in all of it. */
	pipeline: number[];
	values: number[];
}

/** A command stands behind them. */
const BEFORE = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "{"]);
const AFTER = new Set(["}", "done", "fi", "esac"]);
const COMPUTED = { "((": "where it is computed with", "[": "as an index", "${": "between { and } of an expansion" } as const;

export class Places {
	/** What the script reads a value as, where that shows only behind it. */
	refused: { where: string; at: number } | undefined;
	document = false;
	#open: Open[] = [open("commands", "")];
	#escaped = false;
	#dollar = false;
	#comment = false;
	#others = false;

	get #top(): Open {
		return this.#open.at(-1) as Open;
	}
	get quote(): "" | "'" | '"' {
		return this.#top.kind === "'" || this.#top.kind === '"' ? this.#top.kind : "";
	}

	/** A value stands here. @returns what reads it as more than a text, if anything does. */
	value(at: number): string | undefined {
		if (this.#comment) return undefined;
		if (this.#escaped) return "behind a backslash";
		if (this.#dollar) return "behind $";
		for (const each of this.#open) {
			if (each.kind in COMPUTED) return COMPUTED[each.kind as keyof typeof COMPUTED];
			if (each.kind !== "commands") continue;
			if (each.words[0] === "[[") return "between [[ and ]]";
			const where = each.redirects && !takesCommands(each.words) ? undefined : readAnew(each.words, each.word + VALUE, this.#others);
			if (where) return where;
			each.pipeline.push(at);
			each.values.push(at);
		}
		this.#put(VALUE);
		return undefined;
	}

	read(text: string): void {
		for (let at = 0; at < text.length; at++) at += this.#letter(text[at] as string, text.slice(at + 1, at + 3), text[at - 1]);
	}

	/** The script is over. */
	end(): void {
		this.#endCommand("\n");
	}

	/** @param next the two letters behind it @returns how many of these are read, too */
	#letter(letter: string, next: string, before: string | undefined): number {
		const top = this.#top;
		if (this.#comment) {
			this.#comment = letter !== "\n";
			if (this.#comment) return 0;
		}
		const dollar = this.#dollar;
		this.#dollar = false;
		if (this.#escaped) {
			this.#escaped = false;
			if (letter !== "\n") this.#put(`\\${letter}`);
			return 0;
		}
		if (letter === "\\" && (top.kind !== "'" || top.depth > 0)) {
			this.#escaped = true;
			return 0;
		}
		if (top.kind === "'") {
			if (letter === "'") this.#close();
			else this.#put(letter);
			return 0;
		}
		if (dollar) {
			const skipped = this.#expansion(letter, next);
			if (skipped !== undefined) return skipped;
		}
		if (letter === top.end && top.kind !== "commands" && top.kind !== "((" && top.kind !== "[") {
			if (top.kind === "array") this.#endWord();
			this.#close();
			return 0;
		}
		if (letter === "$") {
			this.#dollar = true;
			this.#put("$");
			return 0;
		}
		if (letter === "`" && top.end !== "`") {
			this.#put("$");
			this.#open.push(open("commands", "`"));
			return 0;
		}
		if (top.kind === '"') {
			this.#put(letter);
			return 0;
		}
		return this.#unquoted(top, letter, next, before);
	}

	/** Behind a $. */
	#expansion(letter: string, next: string): number | undefined {
		if (letter === "(") {
			if (next[0] === "(") this.#open.push({ ...open("((", ")"), depth: 2 });
			else this.#open.push(open("commands", ")"));
			return next[0] === "(" ? 1 : 0;
		}
		if (letter === "{") this.#open.push({ ...open("${", "}"), depth: this.quote ? 1 : 0 });
		else if (letter === "[") this.#open.push({ ...open("[", "]"), depth: 1 });
		else if (letter === "'" && this.#top.kind !== '"') this.#open.push({ ...open("'", "'"), depth: 1 });
		else if (letter === "#" || letter === "$") this.#put(letter);
		else return undefined;
		return 0;
	}

	#unquoted(top: Open, letter: string, next: string, before: string | undefined): number {
		if (top.kind === "((" || top.kind === "[") {
			if (letter === (top.kind === "((" ? "(" : "[")) top.depth++;
			else if (letter === top.end && --top.depth === 0) this.#close();
			return 0;
		}
		if (letter === '"' || (letter === "'" && !(top.kind === "${" && top.depth > 0))) {
			this.#put(letter);
			this.#open.push(open(letter, letter));
			return 0;
		}
		if (top.kind === "${") return 0;
		if (top.word === "]]" && top.words[0] === "[[" && /[\s;&|)]/.test(letter)) this.#endWord();
		if (letter === "#" && top.word === "") this.#comment = true;
		else if (letter === "[" && indexes(top)) this.#open.push({ ...open("[", "]"), depth: 1 });
		else if (/\s/.test(letter) && (letter !== "\n" || top.kind === "array" || top.words[0] === "[[")) this.#endWord();
		else if (top.kind === "array" || top.words[0] === "[[") this.#put(letter);
		else return this.#command(top, letter, next, before);
		return 0;
	}

	/** A letter that may part words or commands. */
	#command(top: Open, letter: string, next: string, before: string | undefined): number {
		if (letter === "<" || letter === ">") return this.#redirection(top, letter, next);
		if ((letter === "&" || letter === "|") && (before === ">" || before === "<")) return 0;
		if (letter === "&" && next[0] === ">") return 0;
		if (letter === "(") return this.#parenthesis(top, next);
		if (letter === top.end && !(letter === ")" && this.#ends(top))) {
			this.#endCommand("\n");
			this.#close();
			return 0;
		}
		if ("\n;&|)".includes(letter)) {
			const both = (letter === "|" || letter === "&") && next[0] === letter;
			this.#endCommand(both ? ";" : letter);
			return both || (letter === "|" && next[0] === "&") ? 1 : 0;
		}
		this.#put(letter);
		return 0;
	}

	/** Whether a ) ends a pattern of case. */
	#ends(top: Open): boolean {
		if (top.cases > 0 && top.words.length === 0 && top.word === "esac") return top.cases > 1;
		return top.cases > 0;
	}

	#redirection(top: Open, letter: string, next: string): number {
		if (next[0] === "(") {
			const inner = open("commands", ")");
			if (letter === ">") Object.assign(inner, { piped: true, pipeline: [...top.pipeline] });
			this.#put("$");
			this.#open.push(inner);
			return 1;
		}
		if (letter === "<" && next[0] === "<") this.document = true;
		if (/^(?:\d+|\{\w+\})$/.test(top.word)) top.word = "";
		this.#endWord();
		top.redirects = true;
		return next[0] === letter ? 1 : 0;
	}

	#parenthesis(top: Open, next: string): number {
		if (/^\w+(?:\[.*)?\+?=$/.test(top.word)) this.#open.push(open("array", ")"));
		else if (next[0] === ")") {
			// A function: its body is behind.
			Object.assign(top, { words: [], word: "" });
			return 1;
		} else if (top.word !== "") {
			this.#put("$");
			this.#open.push(open("commands", ")"));
		} else if (next[0] === "(") {
			this.#open.push({ ...open("((", ")"), depth: 2 });
			return 1;
		} else this.#open.push({ ...open("commands", ")"), depth: 1 });
		return 0;
	}

	/** Writes into the word that is open, be it inside of double quotes. */
	#put(text: string): void {
		const at = this.#open.findLastIndex(({ kind }) => kind !== '"' && kind !== "'");
		const into = this.#open[at] as Open;
		if (into.kind === "commands" || into.kind === "array") into.word += text;
	}

	#close(): void {
		const closed = this.#open.pop() as Open;
		const top = this.#top;
		if (closed.kind === '"' || closed.kind === "'") this.#put(closed.kind);
		else if (closed.kind === "[") this.#put("[]");
		else if (closed.kind === "array") this.#put("$");
		// A group of its own: a pipe behind it gets all that was written in it.
		if (closed.kind === "commands" && closed.depth > 0) Object.assign(top, { words: [], word: "", redirects: false });
	}

	#endWord(): void {
		const top = this.#top;
		const { word } = top;
		if (word === "") return;
		top.word = "";
		if (top.redirects) top.redirects = false;
		else if (word === "]]" && top.words[0] === "[[") top.words = [];
		else if (top.words.length === 0 && top.kind === "commands" && (BEFORE.has(word) || AFTER.has(word))) {
			if (word === "esac") top.cases = Math.max(0, top.cases - 1);
			if (AFTER.has(word)) top.pipeline = [...top.values];
		} else if (word === "{" && top.words[0] === "function") top.words = [];
		else {
			if (word === "case" && top.words.length === 0) top.cases++;
			top.words.push(word);
		}
	}

	#endCommand(by: string): void {
		this.#endWord();
		const top = this.#top;
		top.redirects = false;
		const { words } = top;
		if (words.length > 0) {
			this.#others ||= declaresOthers(words);
			const at = top.pipeline[0];
			if (top.piped && at !== undefined && takesCommands(words)) this.refused ??= { where: "in what is piped into a shell", at };
		}
		// A line may end behind a pipe.
		if (words.length === 0 && by === "\n" && top.piped) return;
		top.words = [];
		top.piped = by === "|";
		if (!top.piped) top.pipeline = [];
	}
}

/** Whether a [ begins an index of what is assigned. */
const indexes = (top: Open): boolean =>
	top.kind === "array" ? top.word === "" : /^\w+$/.test(top.word) && top.words.every((word) => /^\w+(?:\[\])?\+?=/.test(word));

const open = (kind: Open["kind"], end: string): Open => ({
	...{ kind, end, depth: 0, words: [], word: "", redirects: false },
	...{ cases: 0, piped: false, pipeline: [], values: [] },
});
