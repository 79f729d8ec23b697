import { CopyButton } from "../../../ui/copy.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { highlight } from "./highlight.ts";

/** A block of code with its file's name, where it has one, and a button that copies it. */
export async function Code({ code, language, file }: { code: string; language: string; file: string | undefined }) {
	const lines = await highlight(code, language);
	return (
		<div className="code-block rounded-md border border-line bg-sunken">
			{file && <p className="border-line border-b px-3 py-1 font-mono text-quiet text-small">{file}</p>}
			<div className="flex items-start">
				<pre {...reachable(file ?? "Code")} className="min-w-0 flex-1 overflow-x-auto px-3 py-2 font-mono text-small/5">
					{lines.map((line, n) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: the lines of a page never change
						<span key={n}>
							{line.map(({ text, colour }, at) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: nor do its pieces
								<span key={at} style={colour ? { color: colour } : undefined}>
									{text}
								</span>
							))}
							{"\n"}
						</span>
					))}
				</pre>
				<span className="p-1">
					<CopyButton text={code} label={`Copy ${file ?? "this code"}`} />
				</span>
			</div>
		</div>
	);
}
