"use client";
import { usePathname } from "next/navigation";
import { nearest } from "tidegate/protocol/nearest.ts";
import { Ways } from "./error-ways.tsx";
import { Link } from "./link.tsx";
import { Page } from "./page.tsx";
import { PLACES } from "./places.ts";
import { Shell } from "./shell.tsx";
import { Trouble } from "./trouble.tsx";

const crumbs = [{ name: "No such page" }];

/** The address with its first part spelled as the place that it is nearest to: /flow/x is meant as /flows/x. */
function meant(path: string): string | undefined {
	const [first = "", ...rest] = path.slice(1).split("/");
	const close = nearest(
		first,
		PLACES.map(({ href }) => href.slice(1)),
	);
	return close === undefined || close === first ? undefined : `/${[close, ...rest].join("/")}`;
}

/** Inside the shell, with all ways out at hand. */
export default function NoSuchPage() {
	return (
		<Shell>
			<Told />
		</Shell>
	);
}

function Told() {
	const path = usePathname();
	const close = meant(path);
	return (
		<Page crumbs={crumbs} title="No such page">
			<Trouble title="There is no such page" detail="The address may be cut off, or of an older version.">
				<p className="w-full break-words">
					You asked for <code className="font-mono text-small">{path.length > 200 ? `${path.slice(0, 200)}…` : path}</code>.
					{close && (
						<>
							{" "}
							Did you mean{" "}
							<Link data-row href={close} className="text-accent underline underline-offset-2">
								{close.length > 100 ? `${close.slice(0, 100)}…` : close}
							</Link>
							?
						</>
					)}
				</p>
				<Ways />
			</Trouble>
		</Page>
	);
}
