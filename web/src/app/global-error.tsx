"use client";
import "./app.css";

/** Made of nothing but its own lines: it comes along with the first load of every page, and must work where parts do not. */
export default function GlobalError({ error, reset }: { error: Error; reset(): void }) {
	return (
		<html lang="en">
			<body>
				<main role="alert" className="mx-auto flex w-full max-w-lg flex-col items-start gap-3 px-4 py-16">
					<h1 className="font-semibold text-title">This page could not be shown</h1>
					<p className="w-full break-words text-quiet">{error.message.slice(0, 500)}. Runs are not affected.</p>
					<p className="flex items-center gap-4">
						<button type="button" onClick={reset} className="h-7 rounded-md border border-line bg-raised px-2.5 hover:border-line-strong">
							Try again
						</button>
						<a href="/flows" className="text-accent underline underline-offset-2">
							All flows
						</a>
					</p>
					<p className="text-quiet">If it stays so, load the page again: Tidegate may have been updated since it was opened.</p>
				</main>
			</body>
		</html>
	);
}
