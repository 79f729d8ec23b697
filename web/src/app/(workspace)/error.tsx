"use client";
import { Page } from "../../ui/page.tsx";
import { Trouble } from "../../ui/trouble.tsx";

export default function PageError({ error, reset }: { error: Error; reset(): void }) {
	return (
		<Page crumbs={[{ name: "Flows", href: "/flows" }]} title="Not shown">
			<Trouble title="This page could not be shown" detail={`It failed in your browser: ${error.message}. Runs are not affected.`} again={reset} />
		</Page>
	);
}
