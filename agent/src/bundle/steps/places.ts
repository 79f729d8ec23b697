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
	/** The next word is a file to read or write, or the end of a text. */
	redirects: string;
	/** Texts that begin with the next line. */
	documents: { end: string; tabs: boolean; joined: boolean }[];
	/** How many case … esac are open: in them ) ends a pattern. */
	cases: number;
	/** A value stands in the command. */
	holds: boolean;
	/** The command is behind a |, and a value may be in what it gets. */
	piped: boolean;
	given: boolean;
}

/** A command stands behind them. */
const BEFORE = new Set(["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"]);
const AFTER = new Set(["}", "done", "fi", "esac"]);
const UNFOLLOWED = "in a script with << where another begins or ends before its text does";
const PIPED = "in what may be piped into a shell";
const COMPUTED = { "((": "where it is computed with", "[": "as an index", "${": "between { and } of an expansion" } as const;

export class Places {
	#open: Open[] = [open("commands", "")];
	#escaped = false;
	#dollar = false;
	#comment = false;
	#skipped = 0;
	#before = "";
	/** The lines of a document, up to here. */
	#line: string | undefined;
	/** Where the first value is. */
	#first: number | undefined;
	/** What of the script does not go together with any value. */
	#refused: string | undefined;
	/** A shell takes commands by its stdin; a value may be in the stdin of any command; the script's own functions may write one. */
	#shell = false;
	#fed = false;
	#functions = false;

	get #top(): Open {
		return this.#open.at(-1) as Open;
	}
	get quote(): "" | "'" | '"' {
		return this.#top.kind === "'" || this.#top.kind === '"' ? this.#top.kind : "";
	}
	get document(): boolean {
		return this.#open.some(({ documents, redirects }) => documents.length > 0 || /^<<-?$/.test(redirects));
	}

	/** A value stands here. @returns what reads it as more than a text, if anything does. */
	value(at: number): string | undefined {
		if (this.#comment) return undefined;
		if (this.#escaped) return "behind a backslash";
		if (this.#dollar) return "behind $";
		this.#first ??= at;
		const inner = this.#open.findLastIndex(({ kind }) => kind === "commands");
		for (const [index, each] of this.#open.entries()) {
			if (each.kind in COMPUTED) return COMPUTED[each.kind as keyof typeof COMPUTED];
			if (each.kind !== "commands") continue;
			if (each.words[0] === "[[") return "between [[ and ]]";
			const parted = index < inner && this.#open[index + 1]?.kind !== '"';
			const where = each.redirects ? undefined : readAnew(each.words, each.word + VALUE, parted);
			if (where) return where;
			this.#fed ||= each.redirects.startsWith("<");
			each.holds = true;
		}
		this.#put(VALUE);
		return undefined;
	}

	read(text: string): void {
		for (let at = 0; at < text.length; at++) {
			const letter = text[at] as string;
			if (letter === "\\" && text[at + 1] === "\n" && this.#joins()) at++;
			else if (this.#skipped > 0) this.#skipped--;
			else this.#skipped = this.#letter(letter, text.slice(at + 1, at + 9).replaceAll("\\\n", ""), this.#before);
			this.#before = letter;
		}
	}

	/** Whether a backslash before a line's end makes one line of two. */
	#joins(): boolean {
		return !this.#escaped && !this.#comment && this.#line === undefined && this.#top.kind !== "'";
	}

	/** The script is over. @returns what of it may read a value as more than a text, and where the first value is. */
	end(): { where: string; at: number } | undefined {
		if (this.#line === undefined) this.#endCommand("\n");
		else this.#bodyLetter("\n");
		if (this.#open.length > 1) this.#refused ??= "in a script with a quote or bracket that nothing ends";
		if (this.#shell && (this.#fed || this.#functions)) this.#refused ??= PIPED;
		return this.#first !== undefined && this.#refused ? { where: this.#refused, at: this.#first } : undefined;
	}

	/** Of a document: it is over with the line that is its end. */
	#bodyLetter(letter: string): void {
		const { documents } = this.#top;
		const [document] = documents;
		if (letter !== "\n") this.#line += letter;
		else if (document?.joined && /(?:^|[^\\])(?:\\\\)*\\$/.test(this.#line ?? "")) this.#line = this.#line?.slice(0, -1);
		else {
			if ((document?.tabs ? this.#line?.replace(/^\t+/, "") : this.#line) === document?.end) documents.shift();
			this.#line = documents.length > 0 ? "" : undefined;
		}
	}

	/** @param next letters behind it @returns how many of these are read, too */
	#letter(letter: string, next: string, before: string): number {
		const top = this.#top;
		if (this.#line !== undefined) {
			this.#bodyLetter(letter);
			return 0;
		}
		if (this.#comment) {
			this.#comment = letter !== "\n";
			if (this.#comment) return 0;
		}
		const dollar = this.#dollar;
		this.#dollar = false;
		if (this.#escaped) {
			this.#escaped = false;
			this.#put(`\\${letter}`);
			return 0;
		}
		if (letter === "\\" && /^[`\\$"]/.test(next) && this.#open.some(({ end }) => end === "`"))
			this.#refused ??= "in a script with a backslash between ` and ` (write $( … ) instead)";
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

	#unquoted(top: Open, letter: string, next: string, before: string): number {
		if (letter === "'" && top.kind === "${" && top.depth > 0) this.#refused ??= "in a script with a ' in an expansion in double quotes";
		else if (letter === '"' || letter === "'") {
			this.#put(letter);
			this.#open.push(open(letter, letter));
		} else if (top.kind === "((" || top.kind === "[") {
			if (letter === (top.kind === "((" ? "(" : "[")) top.depth++;
			else if (letter === top.end && --top.depth === 0) this.#close();
		} else if (top.kind !== "${") return this.#word(top, letter, next, before);
		return 0;
	}

	#word(top: Open, letter: string, next: string, before: string): number {
		if (top.word === "]]" && top.words[0] === "[[" && /[\s;&|)]/.test(letter)) this.#endWord();
		if (letter === "#" && top.word === "") this.#comment = true;
		else if (letter === "[" && indexes(top)) this.#open.push({ ...open("[", "]"), depth: 1 });
		else if (/\s/.test(letter) && (letter !== "\n" || top.kind === "array" || top.words[0] === "[[")) this.#endWord();
		else if ((top.kind === "array" || top.words[0] === "[[") && !/^[<>]\($/.test(letter + next.slice(0, 1))) this.#put(letter);
		else return this.#command(top, letter, next, before);
		if (letter === "\n") this.#endLine();
		return 0;
	}

	/** The documents of a line are behind it. */
	#endLine(): void {
		const behind = this.#open.filter(({ documents }) => documents.length > 0);
		if (behind.length === 0) return;
		if (behind.length === 1 && behind[0] === this.#top && this.#open.every(({ end }) => end !== "`")) this.#line = "";
		else this.#refused ??= UNFOLLOWED;
	}

	/** A letter that may part words or commands. */
	#command(top: Open, letter: string, next: string, before: string): number {
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
			if (letter === "\n") this.#endLine();
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
			// What is written to it, and when, is not followed.
			this.#fed ||= letter === ">";
			this.#put("$");
			this.#open.push(open("commands", ")"));
			return 1;
		}
		if (/^(?:\d+|\{\w+\})$/.test(top.word)) top.word = "";
		this.#endWord();
		top.redirects = /^(?:<<<|<<-|<<|>>|[<>])/.exec(letter + next)?.[0] as string;
		return top.redirects.length - 1;
	}

	#parenthesis(top: Open, next: string): number {
		if (top.words.length === 0 && (BEFORE.has(top.word) || top.word === "for")) this.#endWord();
		if (/^\w+(?:\[.*)?\+?=$/.test(top.word)) this.#open.push(open("array", ")"));
		else if (next[0] === ")") {
			// A function: its body is behind.
			this.#functions = true;
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
		if (closed.documents.length > 0) this.#refused ??= UNFOLLOWED;
		const top = this.#top;
		if (closed.kind === '"' || closed.kind === "'") this.#put(closed.kind);
		else if (closed.kind === "[") this.#put("[]");
		else if (closed.kind === "array") this.#put("$");
		// A group of its own: a pipe behind it gets all that was written in it.
		if (closed.kind === "commands" && closed.depth > 0) Object.assign(top, { words: [], word: "", redirects: "" });
	}

	#endWord(): void {
		const top = this.#top;
		const { word } = top;
		if (word === "") return;
		top.word = "";
		const begins = top.words.length === 0 && top.kind === "commands";
		if (begins && !top.redirects) {
			this.#fed ||= top.given && (BEFORE.has(word) || word === "for" || word === "case" || word === "select");
			this.#functions ||= word === "function";
			if (word === "coproc") this.#refused ??= "in a script with coproc";
		}
		if (top.redirects) {
			if (/^<<-?$/.test(top.redirects))
				top.documents.push({ end: word.replace(/["'\\]/g, ""), tabs: top.redirects === "<<-", joined: !/["'\\]/.test(word) });
			top.redirects = "";
		} else if (word === "]]" && top.words[0] === "[[") top.words = [];
		else if (begins && (BEFORE.has(word) || AFTER.has(word) || word === "-p")) {
			if (word === "esac") top.cases = Math.max(0, top.cases - 1);
		} else if (word === "{" && top.words[0] === "function") top.words = [];
		else if ((word === "do" || word === "{") && /^(?:for|select)$/.test(top.words[0] ?? "") && top.words.length < 3) top.words = [];
		else {
			if (word === "case" && top.words.length === 0) top.cases++;
			top.words.push(word);
		}
	}

	#endCommand(by: string): void {
		this.#endWord();
		const top = this.#top;
		const { words, piped } = top;
		top.redirects = "";
		// A line may end behind a pipe.
		if (words.length === 0 && by === "\n" && piped) return;
		if (declaresOthers(words)) this.#refused ??= "in a script with declare -i or -n";
		// What is inside of a command reads what that one is given.
		const gets = this.#open.some(({ given }) => given);
		if (takesCommands(words, piped || gets || this.#fed)) {
			this.#shell = true;
			if (gets) this.#refused ??= PIPED;
		}
		// Of a group it is not followed who writes what.
		const given = by === "|" && (top.given || top.holds || words.length === 0);
		Object.assign(top, { words: [], piped: by === "|", given, holds: false });
	}
}

/** Whether a [ begins an index of what is assigned. */
const indexes = (top: Open): boolean =>
	top.kind === "array" ? top.word === "" : /^\w+$/.test(top.word) && top.words.every((word) => /^\w+(?:\[\])?\+?=/.test(word));

const open = (kind: Open["kind"], end: string): Open => ({
	...{ kind, end, depth: 0, words: [], word: "", redirects: "", documents: [] },
	...{ cases: 0, holds: false, piped: false, given: false },
});
