import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { DocsPage } from "../../../features/docs/components/docs-page.tsx";
import { PAGES } from "../../../features/docs/components/library.ts";

interface Props {
	params: Promise<{ page?: string[] }>;
}

const asked = async ({ params }: Props) => {
	const slug = ((await params).page ?? []).join("/");
	return PAGES.find((page) => page.slug === slug);
};

export async function generateMetadata(props: Props): Promise<Metadata> {
	return { title: `${(await asked(props))?.title ?? "No such page"} · Tidegate docs` };
}

export default async function Docs(props: Props) {
	const page = await asked(props);
	if (!page) notFound();
	return <DocsPage page={page} />;
}
