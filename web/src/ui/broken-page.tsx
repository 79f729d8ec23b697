"use client";
import { usePathname } from "next/navigation";
import { Button } from "./button.tsx";
import { CopyText } from "./copy.tsx";
import { Ways } from "./error-ways.tsx";
import { Page } from "./page.tsx";
import { Trouble } from "./trouble.tsx";

const crumbs = [{ name: "Not shown" }];

/** A part of the page that was built before the server was updated is not there any more. */
const isStale = (error: Error): boolean => /chunk|dynamically imported module|module script/i.test(`${error.name} ${error.message}`);

export default function BrokenPage({ error, again }: { error: Error; again(): void }) {
	const path = usePathname();
	const stale = isStale(error);
	return (
		<Page crumbs={crumbs} title="Not shown">
			<Trouble
				title={stale ? "A part of this page did not arrive" : "This page could not be shown"}
				detail={
					stale
						? "Tidegate was updated since this page was opened, or the network is away. Load it again. Runs are not affected."
						: `It failed in your browser: ${error.message.slice(0, 500)}. Runs are not affected.`
				}
			>
				<div className="flex flex-wrap gap-2">
					<Button look="strong" onClick={() => location.reload()}>
						Load it again
					</Button>
					{!stale && <Button onClick={again}>Try again</Button>}
					<CopyText text={() => `${path}\n${error.stack ?? error.message}`}>Copy the details</CopyText>
				</div>
				<Ways />
			</Trouble>
		</Page>
	);
}
