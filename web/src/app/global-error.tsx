"use client";
import "./app.css";
import { Trouble } from "../ui/trouble.tsx";

export default function GlobalError({ error, reset }: { error: Error; reset(): void }) {
	return (
		<html lang="en">
			<body>
				<main className="px-4">
					<Trouble title="This page could not be shown" detail={`${error.message}. Runs are not affected.`} again={reset} />
				</main>
			</body>
		</html>
	);
}
