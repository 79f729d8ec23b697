/** The pages of /docs, in the order in which they are listed. Their text lies in web/docs, one file a page, and begins with its title. */
import apiKeys from "../../../../docs/api-keys.md";
import askAPerson from "../../../../docs/ask-a-person.md";
import cache from "../../../../docs/cache.md";
import deploy from "../../../../docs/deploy.md";
import installAnAgent from "../../../../docs/install-an-agent.md";
import map from "../../../../docs/map.md";
import members from "../../../../docs/members.md";
import notebook from "../../../../docs/notebook.md";
import resources from "../../../../docs/resources.md";
import resume from "../../../../docs/resume.md";
import retry from "../../../../docs/retry.md";
import run from "../../../../docs/run.md";
import runAnotherFlow from "../../../../docs/run-another-flow.md";
import secrets from "../../../../docs/secrets.md";
import signIn from "../../../../docs/sign-in.md";
import start from "../../../../docs/start.md";
import steps from "../../../../docs/steps.md";
import troubleshooting from "../../../../docs/troubleshooting.md";
import typescript from "../../../../docs/typescript.md";
import variables from "../../../../docs/variables.md";
import wait from "../../../../docs/wait.md";
import whatLeaves from "../../../../docs/what-leaves.md";
import workspaceKey from "../../../../docs/workspace-key.md";
import writeAFlow from "../../../../docs/write-a-flow.md";

export interface DocsPage {
	/** Its address under /docs; empty for the first. */
	slug: string;
	title: string;
	/** Markdown without the title. */
	text: string;
}

export interface DocsSection {
	name: string;
	pages: DocsPage[];
}

function page(slug: string, source: string): DocsPage {
	const [, title = slug, text = ""] = /^# ([^\n]+)\n+(.*)$/s.exec(source) ?? [];
	return { slug, title, text };
}

export const SECTIONS: DocsSection[] = [
	{
		name: "Begin",
		pages: [
			page("", start),
			page("write-a-flow", writeAFlow),
			page("typescript", typescript),
			page("steps", steps),
			page("notebook", notebook),
			page("deploy", deploy),
			page("run", run),
		],
	},
	{
		name: "Inside a run",
		pages: [
			page("retry", retry),
			page("resume", resume),
			page("cache", cache),
			page("ask-a-person", askAPerson),
			page("wait", wait),
			page("map", map),
			page("run-another-flow", runAnotherFlow),
			page("resources", resources),
		],
	},
	{
		name: "Operate",
		pages: [
			page("install-an-agent", installAnAgent),
			page("secrets", secrets),
			page("variables", variables),
			page("api-keys", apiKeys),
			page("troubleshooting", troubleshooting),
		],
	},
	{
		name: "People and keys",
		pages: [page("sign-in", signIn), page("members", members), page("workspace-key", workspaceKey), page("what-leaves", whatLeaves)],
	},
];

export const PAGES: DocsPage[] = SECTIONS.flatMap((section) => section.pages);

export const hrefOf = ({ slug }: Pick<DocsPage, "slug">): string => (slug ? `/docs/${slug}` : "/docs");

/** The name of a heading in an address. */
export const anchorOf = (heading: string): string =>
	heading
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, "-")
		.replace(/^-|-$/g, "");

export interface Heading {
	text: string;
	anchor: string;
}

/** The second-level headings of a page. A line in a code block that looks like one is none. */
export function headingsOf({ text }: DocsPage): Heading[] {
	const outside = text.replace(/^```.*?^```/gms, "");
	return [...outside.matchAll(/^## (.+)$/gm)].map(([, heading = ""]) => ({ text: plain(heading), anchor: anchorOf(plain(heading)) }));
}

/** Markdown as people read it, for search. */
export const plain = (markdown: string): string =>
	markdown
		.replace(/^```.*$/gm, "")
		.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
		.replace(/[`*_#|]|-{3,}/g, "");
