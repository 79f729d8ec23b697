import { commandsHere } from "../browser/commands.ts";
import { Dialog } from "./dialog.tsx";
import { PLACES } from "./places.ts";

const keys: [string[], string][] = [
	...PLACES.map(({ name, key }): [string[], string] => [["g", key], `Go to ${name.toLowerCase()}`]),
	[["⌘ or Ctrl", "K"], "Find flows, runs, pages and actions"],
	[["j"], "Next in a list"],
	[["k"], "Previous in a list"],
	[["Enter"], "Open what is focused"],
	[["←", "→"], "Fold and unfold a map in a timeline"],
	[["+", "−", "0"], "Zoom a timeline, show all of it"],
	[["/"], "Search or filter this page"],
	[["Esc"], "Leave a field, close a dialog"],
	[["?"], "Show these keys"],
];

const ofThisPage = (): [string[], string][] => commandsHere().flatMap(({ key, name }) => (key ? [[[key], name]] : []));

export function KeysDialog({ close }: { close(): void }) {
	return (
		<Dialog title="Keyboard" close={close}>
			<dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2">
				{[...keys, ...ofThisPage()].map(([pressed, does]) => (
					<div key={does} className="contents">
						<dt className="flex items-start gap-1">
							{pressed.map((key) => (
								<kbd key={key} className="min-w-6 rounded-sm border border-line bg-sunken px-1.5 text-center font-mono text-small/5">
									{key}
								</kbd>
							))}
						</dt>
						<dd>{does}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}
