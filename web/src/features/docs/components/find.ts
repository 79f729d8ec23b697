/** Full-text search over the docs, in the browser: a part of a page is what is found. */
import MiniSearch from "minisearch";
import { anchorOf, hrefOf, PAGES, plain } from "./library.ts";

export interface Found {
	href: string;
	page: string;
	heading: string;
	text: string;
}

/** A page is cut at its second-level headings. */
function parts(): Found[] {
	return PAGES.flatMap((page) => {
		const [intro = "", ...rest] = page.text.split(/^## /m);
		const at = hrefOf(page);
		const sections = rest.map((part) => {
			const [line = "", ...lines] = part.split("\n");
			const heading = plain(line);
			return { href: `${at}#${anchorOf(heading)}`, page: page.title, heading, text: plain(lines.join("\n")).trim() };
		});
		return [{ href: at, page: page.title, heading: "", text: plain(intro).trim() }, ...sections];
	});
}

const index = new MiniSearch<Found>({
	idField: "href",
	fields: ["page", "heading", "text"],
	storeFields: ["href", "page", "heading", "text"],
	searchOptions: { prefix: true, fuzzy: 0.15, boost: { page: 3, heading: 2 }, combineWith: "AND" },
});
index.addAll(parts());

/** The best first. */
export function find(words: string): Found[] {
	return index.search(words).slice(0, 8) as unknown as Found[];
}
