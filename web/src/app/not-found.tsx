import { Trouble } from "../ui/trouble.tsx";

const places = [
	["/flows", "Flows"],
	["/runs", "Runs"],
	["/docs", "Docs"],
	["/sign-in", "Sign in"],
] as const;

/** Outside the shell, where nobody may be signed in. */
export default function NotFound() {
	return (
		<main className="px-4">
			<Trouble title="There is no such page" detail="The address may be cut off, or of an older version.">
				<p className="flex flex-wrap gap-4">
					{/* Plain links: this page comes along with the first load of all others. */}
					{places.map(([href, name]) => (
						<a key={href} href={href} className="text-accent underline underline-offset-2">
							{name}
						</a>
					))}
				</p>
			</Trouble>
		</main>
	);
}
