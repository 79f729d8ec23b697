import { Trouble } from "../ui/trouble.tsx";

export default function NotFound() {
	return (
		<main className="px-4">
			<Trouble title="There is no such page" detail="The address may be cut off, or of an older version.">
				{/* A plain link: this page comes along with the first load of all others. */}
				<a href="/flows" className="text-accent underline underline-offset-2">
					All flows
				</a>
			</Trouble>
		</main>
	);
}
