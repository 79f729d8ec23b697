/** The readers of sealed content, for pages and their workers: loaded with the first content that is shown. */
export async function loadOpeners() {
	// Before any schema is made: zod would try whether it may compile code, which the content policy forbids and reports.
	const { config } = await import("zod");
	config({ jitless: true });
	return import("tidegate/protocol/open.ts");
}
export type Openers = Awaited<ReturnType<typeof loadOpeners>>;
