import { Frame } from "../../../features/docs/components/docs-page.tsx";

export default function NoSuchPage() {
	return (
		<Frame page={undefined}>
			<h1 className="font-semibold text-title">There is no such page in the docs</h1>
			<p className="py-2 text-quiet">It may have had another name: look through the list of pages, or search.</p>
		</Frame>
	);
}
