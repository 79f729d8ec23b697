import type { Metadata } from "next";
import { headers } from "next/headers";
import { notFound, permanentRedirect } from "next/navigation";
import { DocsPage } from "../../../features/docs/components/docs-page.tsx";
import { PAGES } from "../../../features/docs/components/library.ts";

interface Props {
	params: Promise<{ page?: string[] }>;
}

/** As the pages are written. */
const WRITTEN = "http://localhost:7411";

const find = async ({ params }: Props) => {
	const slug = ((await params).page ?? []).join("/");
	return PAGES.find((page) => page.slug === slug);
};

export async function generateMetadata(props: Props): Promise<Metadata> {
	return { title: `${(await find(props))?.title ?? "No such page"} · Tidegate docs` };
}

export default async function Docs(props: Props) {
	// The first page is that of /docs, and its file is named as the others are.
	if ((await props.params).page?.join("/") === "start") permanentRedirect("/docs");
	const page = await find(props);
	if (!page) notFound();
	const asked = await headers();
	const host = asked.get("host");
	// What is copied from a page must reach the server that shows it.
	const origin = host ? `${asked.get("x-forwarded-proto")?.split(",")[0] ?? "http"}://${host}` : WRITTEN;
	return <DocsPage page={{ ...page, text: page.text.replaceAll(WRITTEN, origin) }} />;
}
