/** What an installer would refuse in a requirements file, said at the deploy and not by the night's run. What only an installer can judge is left to it. */
import { ProjectProblem } from "./problem.ts";

const NAME = String.raw`[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?`;
const VERSION = String.raw`(?:===\s*[^\s,;()]+|(?:==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+)`;
const VERSIONS = String.raw`${VERSION}(?:\s*,\s*${VERSION})*\s*,?`;
const REQUIREMENT = new RegExp(String.raw`^${NAME}\s*(?:\[[\w\s,.-]*\])?\s*(?:${VERSIONS}|\(\s*${VERSIONS}\s*\))?$`);
/** An option, an address, or a variable that the agent has. */
const OTHER = /^-|[/\\@]|\$\{/;

/** What names another list: it would have to lie where an installer runs, and nothing of the project does. */
const LIST = /^(?:-[rc]|--(?:requirement|constraint)(?=[\s=]|$))\s*=?\s*(.*)$/;
const EDITABLE = /^(?:-e|--editable(?=[\s=]|$))\s*=?\s*/;
/** With a scheme, as https:// or git+ssh://, or in a variable. */
const REMOTE = /^(?:[\w.[\], -]+@\s*)?[\w.-]+(?:\+[\w.-]+)?:\/\/|^(?:git|hg|svn|bzr)\+|\$\{/i;
const FILE = /^(?:[\w.[\], -]+@\s*)?(?:\w+\+)?file:/i;
const PATH = /^[.~]|^[^@]*[/\\]|^[^@]*\.(?:whl|zip|tgz|tar\.\w+)(?:\[[^\]]*\])?$|@\s*[.~/\\]/i;

/** @returns what is wrong with a line that asks for what lies beside it, and what to do instead. */
function localProblem(asked: string): string | undefined {
	const list = LIST.exec(asked)?.[1];
	if (list !== undefined)
		return FILE.test(list) || !REMOTE.test(list) ? "names another file, which no agent has beside it: list the packages here themselves" : undefined;
	const what = asked.replace(EDITABLE, "");
	if (what.startsWith("-")) return undefined;
	if (!FILE.test(what) && (REMOTE.test(what) || !PATH.test(what))) return undefined;
	return "is a path, and no agent has what lies there: put the package into the project as a folder that flows import, and list here what it needs";
}

/** @param each what a line is called, for the message: `requirements.txt, line`. Throws ProjectProblem. */
export function checkRequirements(text: string, each: string): void {
	let begun: { number: number; text: string } | undefined;
	const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
	for (const [index, line] of lines.entries()) {
		const whole = { number: begun?.number ?? index + 1, text: (begun?.text ?? "") + line };
		begun = undefined;
		// One that goes on; a comment never does.
		if (line.endsWith("\\") && !/^\s*#/.test(line)) {
			begun = { number: whole.number, text: whole.text.slice(0, -1) };
			continue;
		}
		checkLine(whole.text, `${each} ${whole.number}`);
	}
	if (begun) checkLine(begun.text, `${each} ${begun.number}`);
}

function checkLine(line: string, place: string): void {
	const said = line
		.replace(/(^|\s)#.*/, "")
		.replaceAll(/\s+/g, " ")
		.trim();
	// Behind it come options of its own, as --hash, and when it is wanted.
	const [asked = ""] = said.split(/\s+-|;/);
	const local = localProblem(asked.trim());
	if (local) throw new ProjectProblem(`${place}: ${JSON.stringify(said.slice(0, 100))} ${local}.`);
	if (said === "" || OTHER.test(said) || REQUIREMENT.test(asked.trim())) return;
	throw new ProjectProblem(
		`${place}: ${JSON.stringify(said.slice(0, 100))} is no requirement that an installer takes: write a package's name, then its versions, as in pandas>=2,<3.`,
	);
}
